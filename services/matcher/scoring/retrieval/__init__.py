"""The best of all pairs, exactly, without looking at each of them carefully (stage 4)."""
