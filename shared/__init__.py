"""What both functions share.

    booking/    a paid class becomes one event: find, claim, create, record
    listing/    which hours are taken: slots, and the snapshot that callers share
    classes/    the class's document: its fields, their checks, Firestore
    calendar/   Google Calendar: its calls, what its answers mean, the event a class becomes
    google/     the admin's authorisation and the bounded connection to Google

    endpoint    what both functions do alike: methods, headers, errors as JSON, the log line
    errors      every failure a caller can meet
    settings    the environment, read and checked in one place
    single_flight   one run of a slow function for all who want its result
    clock, cors, deadline, log, once, json_object, request_body, rfc3339

`booking` and `listing` use `classes` and `calendar`, which use `google`; the modules beside
them use none of these. Only `google`, `calendar.client` and `classes.store` import Google's
packages, and only `settings` reads the environment.
"""
