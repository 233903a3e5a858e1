"""What operators see: log lines, metrics, traces and health. Nothing here knows a business word.

Every part carries codes and opaque ids only; names, addresses and texts of people never enter.
"""
