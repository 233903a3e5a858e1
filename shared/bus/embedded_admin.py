"""Topics of the embedded log."""

from collections.abc import Sequence

from shared.bus.embedded_file import LogFile, reachable
from shared.bus.embedded_group import share_out
from shared.bus.embedded_upkeep import maintain
from shared.bus.errors import Closed, TopicsDiffer
from shared.bus.records import TopicSpec
from shared.bus.settings import BusSettings


class EmbeddedAdmin:
    def __init__(self, file: LogFile, settings: BusSettings) -> None:
        self._file = file
        self._settings = settings
        self._closed = False

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        existing = self.topic_configuration()
        for spec in specs:
            there = existing.get(spec.name, spec).partitions
            if there != spec.partitions:
                raise TopicsDiffer(
                    f"Topic {spec.name} has {there} partitions and should have {spec.partitions}. "
                    "Changing it would move keys: make a new topic and replay, or correct the "
                    "number."
                )
        if any(existing.get(spec.name) != spec for spec in specs):
            self._write(specs)

    def topic_configuration(self) -> dict[str, TopicSpec]:
        self._check_usable()
        with reachable(self._file.path):
            rows = self._file.sql.execute(
                "SELECT name, partitions, compacted, retention_seconds, restricted FROM topics"
            ).fetchall()
        return {
            name: TopicSpec(name, partitions, bool(compacted), retention, bool(restricted))
            for name, partitions, compacted, retention, restricted in rows
        }

    def maintain(self) -> None:
        self._check_usable()
        with reachable(self._file.path):
            maintain(self._file, self._settings.now(), only_when_worth_it=False)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._file.close()

    def _write(self, specs: Sequence[TopicSpec]) -> None:
        with self._file.writing() as sql:
            sql.executemany(
                "INSERT INTO topics (name, partitions, compacted, retention_seconds, restricted) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET compacted = excluded.compacted, "
                "retention_seconds = excluded.retention_seconds, restricted = excluded.restricted",
                [
                    (
                        each.name,
                        each.partitions,
                        each.compacted,
                        each.retention_seconds,
                        each.restricted,
                    )
                    for each in specs
                ],
            )
            sql.executemany(
                "INSERT OR IGNORE INTO logs (topic, partition) VALUES (?, ?)",
                [(each.name, number) for each in specs for number in range(each.partitions)],
            )
            for (group,) in sql.execute("SELECT DISTINCT group_name FROM members").fetchall():
                share_out(sql, group)

    def _check_usable(self) -> None:
        if self._closed:
            raise Closed("The admin is closed; make a new one.")
