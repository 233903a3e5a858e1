"""Step 15 of the walk, in its parts: which weights score today, how they are learned, who chooses."""
