"""The queue, the lists after it, and the decisions."""
