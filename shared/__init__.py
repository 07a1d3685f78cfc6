"""Code shared by both functions.

    booking/    turns a paid class into one event: find, claim, create, record
    listing/    which hours are taken: slots, and the snapshot that callers share
    classes/    the class's document: its fields, validation, Firestore
    calendar/   Google Calendar: calls, what its answers mean, the event for a class
    google/     the admin's authorisation and the bounded connection to Google

    endpoint      what every request needs: methods, headers, errors as JSON, the log line
    errors        every failure a caller can see
    settings      the environment, read and checked in one place
    concurrency   what is done once for all callers, or several things at a time
    clock, deadline, log, json_object, request_body, rfc3339

`booking` and `listing` use `classes` and `calendar`, which use `google`; the single
modules use none of them. Who may import what, also of Flask and Google's packages, and
who may read the environment, is in pyproject.toml, and checked.
"""

import gc
import sys

# Imports make a hundred thousand objects that stay. At its default pace the collector would search
# them again and again, for a tenth of a cold start.
gc.set_threshold(10_000)

# While 10,000 events are read anew, an answer from the snapshot waits several times for its turn
# at the interpreter: at the default pace, for 70 ms in all.
sys.setswitchinterval(0.001)
