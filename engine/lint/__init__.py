"""What is refused about a diagram or table before it may run."""
