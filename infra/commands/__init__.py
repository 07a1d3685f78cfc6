"""The implementation of the commands in `infra/`: a package for each, and shared modules."""
