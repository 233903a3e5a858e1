"""One match: its page, its comparison, its history, its print."""
