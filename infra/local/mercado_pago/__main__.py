"""`python -m infra.local.mercado_pago --port N`: serves the stand-in for Mercado Pago."""

from infra.local.mercado_pago.operations import MERCADO_PAGO
from infra.local.stand_in.process import serve

if __name__ == "__main__":
    serve(MERCADO_PAGO)
