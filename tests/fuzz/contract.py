"""Requests drawn from a service's own description, sent to the real application over a real store.

Every path leads to an object that is there, and every request carries the credential of somebody
whom the operation lets in: what is tried is what happens behind the door. Wrong on purpose are
bodies, queries, headers and types. The suite has a fixed seed and asks for little;
`python -m tests.fuzz.contract --minutes 10 --seed 1` goes on for as long as is given.
"""

import argparse
import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import schemathesis
import structlog
from schemathesis.config import HealthCheck, SchemathesisConfig
from schemathesis.engine import events, from_schema
from werkzeug.exceptions import HTTPException

from shared.settings.common import SERVICES
from tests.contract.http.authorisation.callers import CALLERS, COOKIE, ROLES, Callers
from tests.contract.http.authorisation.coalition import Coalition, built_coalition
from tests.contract.http.authorisation.expected import expected_row, operations
from tests.contract.http.authorisation.requests import value_of

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
_ASKING = ("coordinator", "administrator", "own", "matcher", "notifier", "registry")
"""Who asks, the first that is let in; the services in the name of a coordinator or a contact."""


@schemathesis.serializer("message/rfc822")
def _mail(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class Found:
    """What came of the requests to one service."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class _LetIn:
    """The application as its callers meet it: each request with the credential it needs."""

    def __init__(self, callers: Callers, service: str) -> None:
        self._callers, self._service, self._asked = callers, service, 0
        self._app = callers.coalition.apps[service]
        self._who = {
            (one.rule.endpoint, one.method): let_in
            for one in operations({service: self._app})
            if (let_in := _first_let_in(expected_row(one)))
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self._callers.coalition.clock.advance(seconds=5)  # so that nobody asks too often
        if self._asked % 200 == 0:  # a sign-in ends in time
            for role in ROLES:
                self._callers.fresh(role)
        self._asked += 1
        caller = self._who.get((self._endpoint(environ), environ["REQUEST_METHOD"]), "")
        headers = self._callers.credential(caller, self._service)
        if headers:
            environ["HTTP_AUTHORIZATION"] = headers["Authorization"]
        elif self._service == "matcher" and caller in self._callers.cookies:
            environ["HTTP_COOKIE"] = f"{COOKIE}={self._callers.cookies[caller]}"
        return self._app.wsgi_app(environ, start_response)

    def _endpoint(self, environ: dict[str, Any]) -> Any:
        try:
            return self._app.url_map.bind_to_environ(environ).match()[0]
        except HTTPException:
            return ""


def try_service(callers: Callers, service: str, seed: int, examples: int) -> Found:
    """Every documented operation; those that take something away come last."""
    found = Found()
    for taking_away in (False, True):
        document = _with_objects(callers.coalition, service)
        schema = schemathesis.openapi.from_dict(document, config=_config(seed, examples))
        choose = schema.include if taking_away else schema.exclude
        chosen = choose(method="DELETE")
        chosen.app, chosen.location = _LetIn(callers, service), "/v1/openapi.json"
        for event in from_schema(chosen).execute():
            _note(found, event)
    return found


def run(minutes: float, seed: int) -> dict[str, int]:
    """Counts by status, and `faults`, each told as it comes; each round is a fresh coalition with
    the next seed.
    """
    until, counts = monotonic() + minutes * 60, Counter[str]()
    while monotonic() < until:
        with TemporaryDirectory() as folder, built_coalition(Path(folder)) as coalition:
            callers = Callers(coalition)
            for service in SERVICES:
                found = try_service(callers, service, seed, examples=10)
                counts.update({str(status): n for status, n in found.statuses.items()})
                counts["faults"] += len(found.faults)
                sys.stderr.writelines(f"seed {seed}, {service}: {one}\n" for one in found.faults)
        seed += 1
    return dict(counts)


def _first_let_in(row: tuple[str, ...]) -> str | None:
    let_in = {caller for caller, cell in zip(CALLERS, row, strict=True) if cell == "in"}
    return next((caller for caller in _ASKING if caller in let_in), None)


def _with_objects(coalition: Coalition, service: str) -> dict[str, Any]:
    """The service's description, in which paths name what the coalition has."""
    app = coalition.apps[service]
    by_path = {_plain(one.rule.rule): one for one in operations({service: app})}
    document: dict[str, Any] = app.test_client().get("/v1/openapi.json").get_json()
    for path, item in document["paths"].items():
        for parameter in _path_parameters(item):
            value = value_of(coalition, by_path[path], parameter["name"])
            parameter["schema"] = {"type": "string", "enum": [value]}
    return document


def _path_parameters(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    methods = [one.get("parameters", []) for one in item.values() if isinstance(one, dict)]
    for parameters in [item.get("parameters", []), *methods]:
        yield from (one for one in parameters if one.get("in") == "path")


def _plain(rule: str) -> str:
    """As OpenAPI writes it: `<string:member_id>` is `{member_id}`."""
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule)


def _config(seed: int, examples: int) -> SchemathesisConfig:
    # A busy machine draws slowly: that is no fault of a service.
    config = SchemathesisConfig(seed=seed, suppress_health_check=[HealthCheck.all])
    of_all = config.projects.default
    of_all.continue_on_failure = True
    of_all.generation.max_examples = examples
    of_all.generation.no_shrink = True
    of_all.generation.database = "none"
    of_all.generation.with_security_parameters = False
    only = {name: {"enabled": True} for name in CHECKS}
    of_all.checks = type(of_all.checks).from_dict({"enabled": False, **only})
    phases = of_all.phases
    # Nothing is learnt from answers, whose ids are new each time: a seed gives the same requests.
    phases.stateful.enabled = False
    phases.coverage.unexpected_methods = set()
    phases.fuzzing.error_feedback.is_enabled = False
    for phase in (phases.examples, phases.coverage, phases.fuzzing):
        phase.extra_data_sources.responses = False
    return config


def _note(found: Found, event: Any) -> None:
    if isinstance(event, events.NonFatalError | events.FatalError):
        found.faults.append(f"not tried: {getattr(event, 'value', event)!r}")
    if not isinstance(event, events.ScenarioFinished):
        return
    for exchange in event.recorder.interactions.values():
        if exchange.response is not None:
            found.statuses[exchange.response.status_code] += 1
    for checked in event.recorder.checks.values():
        for one in checked:
            if one.failure_info is not None:
                said = one.failure_info
                found.faults.append(
                    f"{event.label}: {one.name}: {said.failure.message}\n{said.code_sample}"
                )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    counts = run(given.minutes, given.seed)
    sys.stdout.write(json.dumps(counts, sort_keys=True) + "\n")
    return 1 if counts["faults"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
