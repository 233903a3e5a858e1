"""Recording clients: writers over HTTP that note what they ask and are told, a reader of the bus."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from shared.bus.connect import connect
from shared.bus.errors import BusError
from shared.bus.port import Consumer
from shared.bus.records import Delivery
from shared.contracts.codec import decode
from shared.ids import new_id
from tests.faults.history import Asked, History, Seen, Told

NEED = "need"
PAUSE_SECONDS = 0.02
OUT_OF_REACH = (httpx.TransportError,)


class Writer:
    """Enters needs and changes its own, one request at a time; whatever breaks is repeated under
    its key, or left in doubt.
    """

    def __init__(self, url: str, key: str, member: str, history: History, seed: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=20.0)
        self._key, self._member, self._history = key, member, history
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._versions: dict[str, int] = {}
        self.told = 0

    def write(self, stop: threading.Event) -> None:
        """One change, told or given up."""
        known = sorted(self._versions)
        if known and self._random.random() < 0.6:
            need = self._random.choice(known)
            version = self._versions.pop(need)
            answer = self._send("PUT", f"/v1/needs/{need}", need, version, stop)
        else:
            need = f"need-{new_id()}"
            answer = self._send("POST", "/v1/needs", need, 0, stop)
        if answer is not None and answer.is_success:
            self.told += 1
            self._versions[need] = answer.json()["version"]

    def close(self) -> None:
        self._client.close()

    def _send(
        self, method: str, path: str, need: str, version: int, stop: threading.Event
    ) -> httpx.Response | None:
        change = new_id()
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": change}
        body: dict[str, Any] = {"title": f"Reading before school, {change[-6:]}", "goals": [1]}
        if method == "PUT":
            headers["If-Match"] = f'"{version}"'
        else:
            body |= {"id": need, "member": self._member}
        self._history.note(Asked(change, NEED, need))
        while not stop.is_set():
            try:
                answer = self._client.request(method, path, json=body, headers=headers)
            except OUT_OF_REACH:
                if self._random.random() < 0.3:
                    return None  # in doubt for ever
                stop.wait(PAUSE_SECONDS)
                continue
            if answer.status_code in (409, 429, 503) and "Retry-After" in answer.headers:
                stop.wait(PAUSE_SECONDS)
                continue
            version = answer.json().get("version", 1) if answer.is_success else 0
            self._history.note(Told(change, answer.status_code, version))
            return answer
        return None


class Crowd:
    """Writers in threads of their own, each as fast as it is answered, until told to stop."""

    def __init__(self, writers: list[Writer]) -> None:
        self._writers = writers
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=(w,)) for w in writers]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def told(self) -> int:
        return sum(writer.told for writer in self._writers)

    def stop(self) -> None:
        """Raises what went wrong in a thread."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for writer in self._writers:
            writer.close()
        if self._failures:
            raise self._failures[0]

    def _run(self, writer: Writer) -> None:
        try:
            while not self._stop.is_set():
                writer.write(self._stop)
        except BaseException as error:  # noqa: BLE001 - handed to whoever stops us
            self._failures.append(error)


@contextmanager
def bus_reader(bus_url: str, topics: Mapping[str, str], history: History) -> Iterator[None]:
    """Reads along while the block runs, through our own port; `topics` says what each is about."""
    stop = threading.Event()
    thread = threading.Thread(target=_read_along, args=(bus_url, topics, history, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _read_along(
    bus_url: str, topics: Mapping[str, str], history: History, stop: threading.Event
) -> None:
    """A consumer that is lost is built anew and goes on where the last one committed."""
    bus, group, quiet = connect(bus_url), f"observer-{new_id()}", 0
    consumer: Consumer | None = None
    try:
        while not stop.is_set() or quiet < 3:
            try:
                consumer = consumer or bus.consumer(group, list(topics), "1")
                deliveries = consumer.poll(0.2)
                _note(deliveries, topics, history)
                consumer.commit({one.source: one.offset + 1 for one in deliveries})
            except BusError:
                if consumer is not None:
                    consumer.close()
                consumer = None
                time.sleep(PAUSE_SECONDS)
                continue
            quiet = 0 if deliveries else quiet + 1
    finally:
        bus.close()


def _note(deliveries: Sequence[Delivery], topics: Mapping[str, str], history: History) -> None:
    for delivery in deliveries:
        event, what = decode(delivery.record), topics[delivery.record.topic]
        raw = (delivery.record.value or b"").decode()
        history.note(
            Seen("bus", event.id, what, event.subject, event.sequence, raw, compacted=True)
        )


def every_page(client: httpx.Client, path: str, key: str) -> Iterator[dict[str, Any]]:
    """All items of a paged list, as any client of the API reads it."""
    after: str | None = None
    while True:
        params = {"limit": "200"} | ({"after": after} if after else {})
        answer = client.get(path, params=params, headers={"Authorization": f"Bearer {key}"})
        answer.raise_for_status()
        page = answer.json()
        yield from page["items"]
        after = page.get("next")
        if not after:
            return


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time; generous, because a machine may be busy."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
