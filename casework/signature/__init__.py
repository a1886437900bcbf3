"""Personal signatures and enterprise seals upon forms."""
