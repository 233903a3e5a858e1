"""Rows of the matcher's database, to and from the domain. Nothing here commits."""
