"""What differs between two packages, in words that an official can read."""
