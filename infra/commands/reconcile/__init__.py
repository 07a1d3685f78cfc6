"""What is left undone between the classes and the calendar, and its cure.

    findings    what can be left undone, and who may cure it
    judgement   what is wrong with a class or an event, judged from what was read   (pure)
    survey      reads all classes and all our events, and finds
    repair      cures a finding beside live traffic, through the code of create_event
    report      findings and outcomes as a table and as JSON                        (pure)

The command is infra/reconcile.py.
"""
