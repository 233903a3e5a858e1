"""Owns members, contacts, capabilities and needs: HTTP in, state and events out."""
