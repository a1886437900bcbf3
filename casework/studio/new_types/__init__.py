"""A new profession from one that is there: begun, then walked through what must differ."""
