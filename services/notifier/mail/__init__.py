"""Mail itself: compose it, guard it, sign it, send it stage by stage, read what bounces.

Nothing here knows a database or an event; step 10 and 13 of the walk call it.
"""
