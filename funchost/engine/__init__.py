"""The durable core, pure: messages in, history events and work out. No I/O, no clock, no ids of its own."""
