"""Pages about programs: who keeps which, their secrets, and where they are told."""
