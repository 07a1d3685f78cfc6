"""A stand-in for Mercado Pago: preferences, the resources a webhook re-reads, and its notices."""

ACCESS_TOKEN = "local-access-token"
WEBHOOK_SECRET = "local-webhook-secret"
