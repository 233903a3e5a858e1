"""Members, their needs and capabilities, and what was read from their texts."""
