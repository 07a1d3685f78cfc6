"""`python -m infra.local.mercado_pago --port N`: serves the stand-in for Mercado Pago."""

from infra.local.mercado_pago.operations import stand_in
from infra.local.stand_in.process import serve

if __name__ == "__main__":
    serve(stand_in())
