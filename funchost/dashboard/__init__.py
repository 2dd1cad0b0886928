"""Pages over the management API."""
