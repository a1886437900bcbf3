"""All ways of a case of one matter, and what must be done on them."""
