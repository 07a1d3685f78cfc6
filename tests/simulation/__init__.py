"""A deterministic simulation of the booking code in virtual time; the command is tests/simulate.py.

schedule            what happens in a schedule: the vocabulary, the campaign's too
drawing             the schedule of a seed
directed            schedules made by hand

hub                 virtual time, and the tasks that wait for it
wire                a call's way to a service and back, and what goes wrong on it
firestore           Firestore in memory
services            it and the stand-in's Calendar, behind the seams of shared/
product             the product, wired to them

stage               how a schedule is played, here or by real processes
player              plays it here

history             what happened
agreement, conduct  whether the promise held, and what every call keeps to
invariants          what must hold

simulation          many schedules; a violated one made smaller
report              the time line, and the closing table
command             what both commands have in common
variants, hunting   the product broken in ways that must be noticed
"""
