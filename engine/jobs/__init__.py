"""Job rows: services and timers that are due, who holds them, and the bell that tells."""
