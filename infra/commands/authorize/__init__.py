"""The admin's authorisation in one command; `command.py` is its list of steps."""
