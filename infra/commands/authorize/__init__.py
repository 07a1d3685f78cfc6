"""Obtains the admin's authorisation; `command.py` has the steps."""
