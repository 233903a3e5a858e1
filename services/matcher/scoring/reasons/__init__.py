"""Scores and refusals in a coordinator's words, and what would change them (stage 7)."""
