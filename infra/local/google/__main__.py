"""`python -m infra.local.google --port N`: serves the stand-in for Google."""

from infra.local.google.operations import stand_in
from infra.local.stand_in.process import serve

if __name__ == "__main__":
    serve(stand_in())
