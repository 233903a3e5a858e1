"""Where help is missing: needs and offers by place, on a map, in tables, and whom to recruit."""
