"""What is taken out of the console as a file."""
