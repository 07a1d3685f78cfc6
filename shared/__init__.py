"""What both functions share.

    booking           find, claim, create, record
    event_writer      makes the Calendar hold the one event of a claimed class
    class_store       the classes in Firestore: find, claim, write while the claim is ours
    virtual_class     a class's fields and their checks              (pure)
    calendar_event    the event a class becomes                      (pure)
    slots             which hours are taken; the snapshot every caller shares
    google_calendar   Calendar v3, one call at a time
    google_credentials, token_secret   refresh token in Secret Manager -> access token
    bounded_http      httplib2, held to a deadline
    endpoint          what both functions do alike: methods, errors as JSON, the log line
    errors            every failure a caller can meet
    settings          the environment, read and checked in one place
    deadline, log, once, project, json_object, rfc3339

Only `class_store`, `google_*`, `token_secret` and `project` import Google's packages; the
functions import what they use and never each other; only `settings` reads the environment.
"""
