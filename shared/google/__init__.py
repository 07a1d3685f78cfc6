"""The admin's authorisation and the bounded connection to Google."""
