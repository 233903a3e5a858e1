"""How HTTP behaves in every service: one way to refuse, to authenticate, to page, to repeat.

Read app.py first: it puts the rest together. No business words here.
"""
