"""A registration's life: taken over, renewed late, cancelled, expired."""
