"""The fault campaign: seeded random schedules against real processes of `create_event`, of what
only processes show: signals, broken lines, cold starts, gRPC. Vocabulary, order of a play,
invariants and report are the simulation's (tests/simulation/).

drawing          the schedule of a seed
calls, firestore the calls as they pass, and Firestore's with faults
instances        processes of the function, each with lines of its own
world            emulator, stand-in and instances
player           plays one schedule
campaign         many schedules at a time, those of the variants, and what must hold of them
variants         variants of `create_event` that must be found broken

The command is tests/campaign.py.
"""
