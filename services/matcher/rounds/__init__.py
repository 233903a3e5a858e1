"""Assignment rounds and the fairness ledger they answer to."""
