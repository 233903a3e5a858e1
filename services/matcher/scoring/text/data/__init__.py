"""The shipped word list of the matcher; built by `scripts/build_stem_order.py`."""
