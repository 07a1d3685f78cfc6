"""A stand-in for Mercado Pago: the resources a webhook re-reads, and the notices it is sent.

`python -m infra.local.mercado_pago --port N` serves it, `client.py` controls it and `notices.py`
signs and sends.
"""

ACCESS_TOKEN = "local-access-token"
WEBHOOK_SECRET = "local-webhook-secret"
