"""Step 8 of the walk, in its parts: what is known, what stands, what a proposal is made of."""
