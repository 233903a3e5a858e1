"""Groups of commands that put parts together, each in a module of its own."""
