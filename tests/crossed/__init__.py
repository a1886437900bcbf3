"""People at the same things at once, over HTTP, while processes and the database fall."""
