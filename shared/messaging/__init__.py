"""The loops: outbox to bus (relay), bus to handler (runner), and the worker that runs them."""
