"""Keys and certificates of signers and of the authority: the daily duty, and who may do what."""
