"""Flower of the compose profile `flower`: who may look, and the broker. Both are read from secrets, so that no command
line shows them."""

from pathlib import Path

# Celery reads this one (`celery --config=flowerconfig`), Flower the other (`flower --conf=…`).
broker_url = Path("/run/secrets/redis_url").read_text().strip()
basic_auth = ["admin:" + Path("/run/secrets/flower_password").read_text().strip()]
