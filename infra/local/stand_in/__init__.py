"""What the stand-ins share: faults, the journal of requests, control, and how they are run."""
