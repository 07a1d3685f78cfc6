"""A stand-in for Mercado Pago: the resources a webhook re-reads, and the notices it is sent."""

ACCESS_TOKEN = "local-access-token"
WEBHOOK_SECRET = "local-webhook-secret"
