"""Keys, PINs and codes, certificates, revocation, time stamps."""
