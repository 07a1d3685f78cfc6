"""What `infra/doctor.py` looks at. Each check is a function that reads and changes nothing.

command        the command line, and the checks in their order
examination    what a check has at hand and can find, and how all of them are gone through
surroundings   settings, emulator variables, clock
authorisation  the two secrets; the admin's token, its scopes and account; the calendar
classes        Firestore, and whether strangers can read it
project        what gcloud knows: APIs, what is deployed, rights, callers
gcloud         asking it
"""
