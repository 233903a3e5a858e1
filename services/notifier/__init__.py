"""Owns messages, answers and suppression: match events in, mail out."""
