"""Programs of others: who may speak to the service for whom."""
