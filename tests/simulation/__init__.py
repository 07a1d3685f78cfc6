"""A deterministic simulation of the booking code in virtual time; the command is tests/simulate.py.

schedule                      what happens in a schedule: the vocabulary, the campaign's too
drawing, drawing_faults       the schedule of a seed
directed                      schedules made by hand

hub, virtual_clock            virtual time, and the tasks that wait for it
wire                          a call's way to a service and back, and what goes wrong on it
documents, firestore          Firestore in memory
google                        the stand-in's Calendar, called in-process
services, store_line          both behind the seams of shared/

product                       the product, wired to them
school, senders, trouble      who edits, who delivers, what goes wrong besides
stage                         how a schedule is played, here or by real processes
player                        plays it here

observations, history         what happened
agreement, conduct            whether the promise held, and what every call keeps to
invariants                    what must hold

simulation, shrinking         many schedules; a violated one made smaller
report                        the time line, and the closing table
variants, hunting             the product broken in ways that must be noticed
"""
