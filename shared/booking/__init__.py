"""A paid class becomes one event: find, claim, create, record."""
