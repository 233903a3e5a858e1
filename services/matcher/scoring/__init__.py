"""The model: texts and fields in, scores and refusals with their reasons out (step 7 of the walk).

Pure: no file of the user's, no database, no event, no clock. Read in the order of the work:
`represent` → `rules` → `priors` → `scorer` → `retrieve` → `explain`; `index` is the door for all callers.
"""
