"""The HTTP API: `/v1/…`, and what machines ask (`/healthz`, `/readyz`, `/metrics`)."""
