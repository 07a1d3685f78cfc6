"""The fault campaign: seeded random schedules against real processes of `create_event`.

schedule         what happens in a schedule: deliveries, faults, signals, edits (pure, seeded)
variants         variants of `create_event` that the campaign must find broken
tcp_proxy        lines between an instance and a service: refused, stalled, cut
firestore_proxy  Firestore's calls one by one: refused, answer lost, late, silent
instances        processes of the function, each with lines of its own; signals
world            emulator, stand-in, proxies and the pool of instances
trouble          makes what a schedule plans go wrong
runner           plays one schedule and keeps what happened (history)
invariants       what must hold of it
campaign         many schedules at a time; those of the variants
report           time line, summary

The command is tests/campaign.py.
"""
