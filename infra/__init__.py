"""What surrounds the product: local environment, set-up, checks and repair."""
