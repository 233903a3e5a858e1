"""Coordinators' accounts: who they are, what they may, and that it is they who are signed in."""
