"""Templates are tried before a type is deployed, with sample data, in a process of its own."""
