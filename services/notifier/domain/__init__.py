"""What the notifier knows and decides, with nothing but the standard library.

Entities, state tables and rules of steps 10 to 14 of the walk: who is asked, what an answer
may still do, when a message may leave, and when contacts may be exchanged.
"""
