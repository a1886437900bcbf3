"""Pages of applicants and certificate holders."""
