"""The checks of `infra/doctor.py`. Each is a function that only reads.

command        the command line, and the checks in order
examination    what the checks share, and running them
surroundings   settings, emulator variables, clock
authorisation  the two secrets; the admin's token, its scopes and account; the calendar
classes        Firestore, and whether strangers can read it
project        what gcloud knows: APIs, deployed functions, rights, callers
gcloud         calling it
"""
