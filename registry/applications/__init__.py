"""Cases: applications, what is attached to them, decided and printed."""
