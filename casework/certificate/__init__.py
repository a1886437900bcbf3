"""The certificate: its data, claim, copies, replacement, publication."""
