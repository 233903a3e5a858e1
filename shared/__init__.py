"""What the services share: contracts, bus, storage, messaging, web, observability, reference."""
