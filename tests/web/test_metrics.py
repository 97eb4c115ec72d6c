"""`/metrics`, and that alert rules and dashboard ask for metrics that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from newsroom import FERRY, ROOT, StartCelery
from prometheus_client.parser import text_string_to_metric_families
from web_site import Site

from wiredesk.worker import events
from wiredesk.worker.metrics import BUCKETS, Cell, cells

MONITORING = ROOT / "deploy" / "monitoring"


PROMTOOL = shutil.which("promtool")


def promtool(*arguments: str, stdin: str = "") -> str:
    """What Prometheus' own tool complains of."""
    ran = subprocess.run(["promtool", *arguments], input=stdin, capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def samples(web: Site) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    answer = web.get("/metrics")
    assert answer.status_code == 200, answer.text
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        found.setdefault(family.name, {})
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_what_workers_count_is_there_and_every_query_finds_its_metrics(web: Site, start_service: StartCelery) -> None:
    receipt = web.post("/v1/articles", json={"content": FERRY, "source": "Harbour Wire"}).json()
    assert samples(web)["wiredesk_inbox_documents"] == {(("needs", "ingest"),): 1.0}
    for name in ("ingest", "dispatch", "beat"):
        start_service(name)
    done = web.get(f"/v1/submissions/{receipt['submission_id']}?wait=30").json()
    assert [one["outcome"] for one in done["outcomes"]] == ["created"]
    deadline = time.monotonic() + 30
    while True:
        found = samples(web)
        items = found.get("wiredesk_items_total", {})
        if items or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert items == {(("origin", "submission"), ("outcome", "created")): 1.0}
    assert found["wiredesk_submissions_total"] == {(("channel", "http"),): 1.0}
    assert found["wiredesk_read_duration_seconds_count"] == {(): 1.0}
    assert found["wiredesk_up"] == {(("server", "postgres"),): 1.0, (("server", "redis"),): 1.0}
    assert found["wiredesk_inbox_oldest_seconds"] == {(("needs", "fetch"),): 0.0, (("needs", "ingest"),): 0.0}
    assert found["wiredesk_queue_messages"].keys() >= {(("queue", "ingest"),), (("queue", "celery"),)}

    if PROMTOOL:
        assert promtool("check", "metrics", stdin=web.get("/metrics").text) == ""

    known = {*found, *(f"{name}{end}" for name in found for end in ("_total", "_bucket", "_count", "_sum"))}
    asked = queries()
    assert len(asked) > 25
    for query in asked:
        names = set(re.findall(r"\bwiredesk_\w+", query))
        assert names - known == set(), query
        assert names or query == 'up{job="wiredesk"} == 0', query


def queries() -> list[str]:
    """The expressions of the alert rules and of the dashboard."""
    rules = re.findall(r"^ +expr: (.+)$", (MONITORING / "alerts.yml").read_text(), re.MULTILINE)
    dashboard = json.loads((MONITORING / "grafana" / "wiredesk.json").read_text())
    return rules + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_a_line_is_counted_in_the_bucket_that_holds_it() -> None:
    line = {"event": events.FEED_POLLED, "status": 304, "seconds": 0.3, "waited_seconds": 900.0}
    assert cells(line) == [
        (Cell("wiredesk_fetches", ("feed", "3xx")), 1),
        (Cell("wiredesk_fetch_duration_seconds", ("feed",), "0.5"), 1),
        (Cell("wiredesk_fetch_duration_seconds", ("feed",), "sum"), 0.3),
        (Cell("wiredesk_fetch_wait_seconds", ("feed",), "+Inf"), 1),
        (Cell("wiredesk_fetch_wait_seconds", ("feed",), "sum"), 900.0),
    ]
    assert cells({"event": events.FEED_FAILED}) == [(Cell("wiredesk_fetches", ("feed", "no_answer")), 1)]
    assert cells({"event": "another"}) == []
    assert list(BUCKETS) == sorted(BUCKETS)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian's package prometheus)")
def test_prometheus_takes_its_configuration_and_the_alert_rules(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x")
    configuration = (MONITORING / "prometheus.yml").read_text()
    for there, here in (
        ("/etc/prometheus/alerts.yml", MONITORING / "alerts.yml"),
        ("/run/secrets/metrics_token", token),
    ):
        assert there in configuration
        configuration = configuration.replace(there, str(here))
    (tmp_path / "prometheus.yml").write_text(configuration)
    assert promtool("check", "config", str(tmp_path / "prometheus.yml")) == ""
