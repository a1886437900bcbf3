"""Pages of analysts and publishers: the registration types, looked at, changed and published."""
