"""The processes of Convene: registry, matcher, notifier."""
