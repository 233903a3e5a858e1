"""Members and listings as tables, the rules over all pairs, and what a pair is scored by (stages 2 and 3)."""
