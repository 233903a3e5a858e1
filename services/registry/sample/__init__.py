"""The sample coalition, a file as any other: see README.md beside it."""
