"""Turns a paid class into one event: find, claim, create, record."""
