"""The fault campaign: seeded random schedules against real processes of `create_event`, of what
only processes show: signals, broken lines, cold starts, gRPC. Vocabulary, order of a play,
invariants and report are the simulation's (tests/simulation/).

drawing     the schedule of a seed
firestore   Firestore's calls one by one, between an instance and the emulator
instances   processes of the function, each with lines of its own
player      plays one schedule
campaign    many schedules at a time, and what must hold of them
variants    variants of `create_event` that must be found broken

The command is tests/campaign.py.
"""
