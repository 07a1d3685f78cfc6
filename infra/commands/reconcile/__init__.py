"""What is left undone between the classes and the calendar, and its cure.

command     the command line, and what is done in which order
stop        Ctrl-C, so that a finding in hand is brought to its end
findings    what can be left undone, and what cures it                          (pure)
judgement   what is wrong with a class or an event, judged from what was read   (pure)
survey      reads all classes and all our events, and finds
repair      cures a finding beside live traffic, through the code of create_event
report      findings and outcomes as a table and as JSON                        (pure)
"""
