"""Metrics have stable names, bounded labels, and a balance that shows a loss."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from shared.observability import metrics


def test_the_balance_shows_what_is_missing() -> None:
    counts = {"accepted": 10, "done": 7, "parked_records": 2}
    assert metrics.record_balance("toy", **counts, in_flight_records=1) == 0
    assert metrics.record_balance("toy", **counts, in_flight_records=0) == 1
    value = REGISTRY.get_sample_value("convene_balance_difference", {"service": "toy"})
    assert value == 1.0
    accepted = {"service": "toy", "part": "accepted"}
    assert REGISTRY.get_sample_value("convene_balance_records", accepted) == 10.0


def test_every_metric_is_ours_by_name_and_says_who_speaks() -> None:
    ours = [
        value
        for value in vars(metrics).values()
        if type(value).__name__ in ("Counter", "Gauge", "Histogram")
    ]
    assert len(ours) >= 12
    for metric in ours:
        assert metric._name.startswith("convene_")
        assert metric._labelnames[0] == "service"
        assert metric._documentation


@pytest.mark.parametrize("name", ["convene_records_handled", "convene_outbox_depth"])
def test_the_exposition_can_be_read(name: str) -> None:
    content, content_type = metrics.exposition()
    assert content_type.startswith("text/plain")
    assert name in {family.name for family in text_string_to_metric_families(content.decode())}
