"""The fault campaign: seeded random schedules against real processes of `create_event`, of what
only processes show: signals, broken lines, cold starts, gRPC. Vocabulary, drawing, order of a
play, invariants and report are the simulation's. The command is tests/campaign.py."""
