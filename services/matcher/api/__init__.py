"""The HTTP edge of the matcher: load, call, dump. No rules here."""
