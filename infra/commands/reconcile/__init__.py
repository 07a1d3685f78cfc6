"""Finds and repairs differences between the classes and the calendar.

command         the command line and the order of work
stop            Ctrl-C, without interrupting the current repair
findings        the kinds of differences, and what repairs them   (pure)
judgement       what is wrong with a class                        (pure)
strays          what is wrong with an event marked with a class   (pure)
double_booking  classes whose hours are taken twice               (pure)
records         a class or an event as it is now
survey          reads the classes that matter, all our events and all calendars
payments        settles payments that no notice told of
repair          repairs a finding beside live traffic, with the code of create_event
report          findings and outcomes as a table and as JSON      (pure)
"""
