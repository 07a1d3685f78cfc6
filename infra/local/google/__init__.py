"""A stand-in for Google: OAuth 2, Secret Manager and Calendar v3 on one loopback address."""
