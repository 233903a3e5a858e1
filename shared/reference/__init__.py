"""What every service must name alike: places, goals and the fixed lists of words.

Built from official data and kept in `data/`; see docs/attribution.md. Read-only, standard library
only, and nothing is read from disk before it is asked for.
"""
