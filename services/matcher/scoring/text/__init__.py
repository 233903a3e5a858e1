"""A listing as numbers: stems, sentences, phrases, what a text says of itself (stage 1)."""
