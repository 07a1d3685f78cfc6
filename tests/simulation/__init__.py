"""A deterministic simulation of the booking code in virtual time; the command is tests/simulate.py.

schedule              what happens in a schedule: the vocabulary, the campaign's too
drawing, directed     the schedule of a seed; schedules made by hand

hub                   virtual time, and the tasks that wait for it
services              Google and Firestore, the way of a call there and back, and its faults
firestore             Firestore in memory

stage                 how a schedule is played, here or by real processes
player                plays it here
history               what happened
invariants, conduct   what must hold: the promise, and what every call keeps to

variants              the product broken in ways that must be noticed
simulation            many schedules, also of variants; a violated one made smaller
report, command       the time line, the table, and what both commands have in common
"""
