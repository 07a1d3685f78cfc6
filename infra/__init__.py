"""Everything around the product: set-up, checks, repair and the local environment."""
