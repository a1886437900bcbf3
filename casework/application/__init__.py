"""The person's application: begun, filled, checked, withdrawn."""
