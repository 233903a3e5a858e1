"""A place's page, the local project, and the fairness ledger."""
