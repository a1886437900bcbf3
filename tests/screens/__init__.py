"""`make screens`: every page in light, dark and 大字版, as sheets of small pictures."""
