"""A member's own pages behind a link: its listings, its emails, what we hold about a person.

The registry owns all of it and checks the person at every call; nothing of it is kept here.
"""
