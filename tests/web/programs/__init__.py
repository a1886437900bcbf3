"""Pages about programs."""
