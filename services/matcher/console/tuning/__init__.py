"""Models and rounds, for administrators."""
