"""What the authority does of its own accord, and what is reported to it."""
