"""The registry's rows: tables, and functions that turn rows into entities and back. No commit here."""
