"""The checks of `infra/doctor.py`. Each is a function that only reads.

command        the command line, and the checks in order
examination    what the checks share, and running them
surroundings   settings, emulator variables, clock
authorisation  the two secrets; the admin's token, its scopes and account; the calendar
classes        Firestore, and whether strangers can read it
deployed       what is deployed, its settings, the job's schedule
rights         what the accounts may do
project        what else gcloud knows: APIs, callers, public access
mercado_pago   its two secrets, and the webhook with a notice signed here
gcloud         calling it
"""
