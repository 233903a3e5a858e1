"""What the pages show, read from the matcher's records and projection in one snapshot each."""
