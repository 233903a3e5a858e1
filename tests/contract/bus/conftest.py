"""Every test here runs against both adapters: the embedded log, and a real Apache Kafka broker."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.bus import Bus, TopicSpec, connect
from tests.contract.bus.support import PARTITIONS, SETTINGS


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def bus_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "embedded":
        return f"embedded:///{tmp_path}/bus.db"
    url: str = request.getfixturevalue("kafka_server").bus_url
    return url


@pytest.fixture
def bus(bus_url: str) -> Iterator[Bus]:
    connected = connect(bus_url, SETTINGS)
    yield connected
    connected.close()


@pytest.fixture
def topic(bus: Bus) -> str:
    """A topic of its own for each test, kept for ever, of four partitions."""
    name = f"t-{uuid.uuid4().hex}"
    bus.admin().ensure_topics([TopicSpec(name, PARTITIONS, compacted=False)])
    return name


@pytest.fixture
def group() -> str:
    return f"g-{uuid.uuid4().hex}"
