"""Imports, asked of the registry in the name of whoever is signed in."""

from collections.abc import Mapping

from services.matcher.console.asking import Body, part, taken
from shared.web.client import ServiceClient


class Imports:
    """An import is kept, looked at, started, looked at again, undone."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def send(
        self, content: bytes, media_type: str, params: Mapping[str, str | int], acting_for: str
    ) -> Body:
        """Send a coalition file; the answer is the import with its counts."""
        return taken(
            self._client.send_file(
                "/v1/imports", content, media_type, params=params, acting_for=acting_for
            )
        )

    def latest(self, acting_for: str) -> list[Body]:
        return list(
            taken(self._client.request("GET", "/v1/imports", acting_for=acting_for))["items"]
        )

    def part_of(self, import_id: str, what: str, acting_for: str) -> Body:
        """`columns`, `faulty` or `subjects` of an import."""
        path = f"/v1/imports/{part(import_id)}/{what}"
        return taken(self._client.request("GET", path, acting_for=acting_for))

    def move(self, import_id: str, step: str, body: Body, acting_for: str) -> Body:
        """`start` or `undo` an import."""
        path = f"/v1/imports/{part(import_id)}/{step}"
        return taken(self._client.request("POST", path, json=body, acting_for=acting_for))

    def result(self, import_id: str, acting_for: str) -> Body:
        path = f"/v1/imports/{part(import_id)}"
        return taken(self._client.request("GET", path, acting_for=acting_for))
