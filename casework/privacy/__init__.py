"""Personal data of those who apply: what is said of it, given out, ended, and who reads much."""
