"""What every answer says of itself, and what it must not."""
