"""The tables themselves; `places/` is written by scripts/reference/build.py, never by hand."""
