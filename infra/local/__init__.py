"""What the functions need to run on a developer's machine."""
