"""What people are told: messages and letters."""
