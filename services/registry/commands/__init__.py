"""The registry's commands, for whoever runs it."""
