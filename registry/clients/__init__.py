"""Programs of others that speak to the service: who they are, and how they prove it."""
