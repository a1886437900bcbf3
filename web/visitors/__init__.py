"""Who visits: access, sessions, limits, what is theirs to see."""
