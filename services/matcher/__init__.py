"""Owns the projection, matches, verdicts and models: events in, proposals out."""
