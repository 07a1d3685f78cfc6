"""Which hours are taken."""
