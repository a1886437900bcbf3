"""The interface for programs: the same acts and lists as the pages, as JSON."""
