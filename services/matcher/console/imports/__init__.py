"""Files that are uploaded."""
