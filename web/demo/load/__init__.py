"""A database of a province's size: real cases of the demonstration, copied under other names."""
