"""The HTTP edge: load, call, dump. No rules here, and nobody's object but one's own."""
