"""What both functions share.

    booking/    a paid class becomes one event: find, claim, create, record
    listing/    which hours are taken: slots, and the snapshot that callers share
    classes/    the class's document: its fields, their checks, Firestore
    calendar/   Google Calendar: its calls, what its answers mean, the event a class becomes
    google/     the admin's authorisation and the bounded connection to Google

    endpoint    what both functions do alike: methods, errors as JSON, the log line
    errors      every failure a caller can meet
    settings    the environment, read and checked in one place
    clock, deadline, log, once, json_object, rfc3339

`booking` and `listing` use `classes` and `calendar`, which use `google`; the modules beside
them use none of these. Only `google`, `calendar.client` and `classes.store` import Google's
packages, and only `settings` reads the environment.
"""

import gc

# What is made while packages are imported stays: looking for garbage in it after every 700
# objects, as by default, takes a tenth of a cold start.
gc.set_threshold(10_000)
