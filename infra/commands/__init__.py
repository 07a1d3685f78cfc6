"""What stands behind the commands in `infra/`, a package for each, and what they share."""
