"""The coalition file comes in: read, compared with what is held, written in batches.

A bad line never stops or half-writes the good ones; the same file twice changes nothing; what was
corrected here since the last import is kept and listed.
"""
