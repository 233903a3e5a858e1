"""Settings of the mail: the words of each email with its preview, the schedule, quiet periods."""
