"""The registry's entities, their life cycles and the rules on them; standard library only.

Everything here is a pure function of what it is given: no database, no clock, no wire format.
"""
