"""The coordinators' console: step 9 of the walk, and the place from which the chain is watched.

Server-rendered pages over the matcher's records. No rule lives here: the use cases beside it
decide, the registry and the notifier are reached through their APIs in the coordinator's name.
"""
