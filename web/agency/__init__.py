"""Pages of the agency's officers."""
