"""From what people said to weights, and from weights to a score (stages 3 and 8)."""
