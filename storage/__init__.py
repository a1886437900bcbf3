"""The ground: one database, and a vault of bytes by their hash."""
