"""The fault campaign: seeded random schedules against real processes of `create_event`.

schedule       what happens in a schedule: deliveries, faults, signals, edits (pure, seeded)
tcp_proxy      lines between an instance and a service: refused, stalled, cut
firestore_proxy  Firestore's calls one by one: refused, answer lost, late, silent
instances      processes of the function, each with lines of its own; signals
world          emulator, stand-in, proxies and the pool of instances
runner         plays one schedule and keeps what happened (history)
invariants     what must hold of it
campaign       many schedules at a time; the broken variants
report         progress, time line, summary
command        `python tests/campaign.py`
"""
