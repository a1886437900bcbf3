"""What happened and who was told: audit and notices."""
