"""The pages and forms. Each view reads, calls a use case, shows; none decides."""
