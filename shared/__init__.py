"""What both functions share.

    booking           find, claim, create, record
    claim             the right to work on a class: a token with a lease on its document
    event_writer      makes the Calendar hold the one event of a claimed class
    class_store       the classes in Firestore: find, read again, compare-and-set
    stored_class      a class's document: what booking has written on it      (pure)
    virtual_class     a class's own fields and their checks                   (pure)
    calendar_event    the event a class becomes                               (pure)

    snapshot          the calendar as it was read, shared by all callers
    slots             which events take a slot                                (pure)

    google_calendar   Calendar v3, one call at a time
    calendar_answer   what Google's answers mean
    google_credentials   the admin's authorisation; uses token_secret and token_endpoint
    bounded_http      httplib2, held to a deadline
    endpoint          what both functions do alike: methods, errors as JSON, the log line
    errors            every failure a caller can meet
    settings          the environment, read and checked in one place
    deadline, log, once, project, json_object, rfc3339

Only `class_store`, `google_*`, `token_*` and `project` import Google's packages; the
functions import what they use and never each other; only `settings` reads the environment.
"""

import gc

# What is made while packages are imported stays: looking for garbage in it after every 700
# objects, as by default, takes a tenth of a cold start.
gc.set_threshold(10_000)
