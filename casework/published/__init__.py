"""What a published version of a registration type says, for whoever looks at it."""
