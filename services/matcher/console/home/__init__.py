"""What waits, and what went wrong."""
