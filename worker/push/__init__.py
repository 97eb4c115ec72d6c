"""Changes sent to webhooks, Redis streams and Celery tasks: each at least once, in order by article."""
