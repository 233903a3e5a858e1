"""What the services say to each other: events, topics, the codec and the coalition file."""
