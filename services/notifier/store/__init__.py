"""Rows of the notifier: the ledger, answers, matches, links. No commit and no decision here."""
