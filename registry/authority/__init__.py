"""What the authority does of its own accord: bans, corrections, acts, reopenings, reports."""
