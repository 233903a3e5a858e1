"""The notifier's commands, for whoever runs it."""
