"""The local mailbox: an SMTP server that keeps what it receives, and a page that shows it.

So that a newcomer, a test and a demonstration see every email without owning a mail server.
"""
