"""Files of a draft changed by forms: one fact at a time, every other byte as it was."""
