"""Everybody who could call, each with the credential of their kind, in the order of the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask.testing import FlaskClient

from services.registry.keys import revoke_key
from shared.web.policy import Principal
from tests.contract.http.authorisation.coalition import Coalition

SERVICES = ("registry", "matcher", "notifier")
CALLERS = (
    "nobody",
    "reader",
    "own",
    "other",
    "ended",
    "viewer",
    "coordinator",
    "administrator",
    "matcher",
    "notifier",
    "registry",
    "elsewhere",
    "link",
)
"""`reader` and `own` are Essex's keys, `other` is Kent's, `ended` was revoked; `matcher`, `notifier`
and `registry` are services with a token for whom they call, `elsewhere` one with a token for
another; `link` is somebody of Essex's who opened the links in their emails.
"""
ROLES = ("viewer", "coordinator", "administrator")
COOKIE = "convene-matcher-sign-in"


def known_as(caller: str, service: str) -> Principal | None:
    """Whom the service takes the caller for; None where the credential is worth nothing there."""
    if caller in SERVICES:
        return Principal("service", caller)
    if service == "registry":
        return _KEYS.get(caller)
    if service == "matcher" and caller in ROLES:
        scopes = frozenset(ROLES[: ROLES.index(caller) + 1])
        return Principal("coordinator", caller, scopes=scopes)
    return None


_BOTH = frozenset({"read", "write"})
_KEYS = {
    "reader": Principal("member", "reader", "essex", frozenset({"read"})),
    "own": Principal("member", "own", "essex", _BOTH),
    "other": Principal("member", "other", "kent", _BOTH),
    "coordinator": Principal("coordinator", "coordinator", scopes=_BOTH),
    "administrator": Principal("key", "administrator", scopes=_BOTH | {"admin"}),
}


@dataclass(slots=True)
class Callers:
    """Makes the client with which somebody calls a service."""

    coalition: Coalition
    bearers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        here = self.coalition
        self.bearers = {
            "reader": here.key("member", "essex", "read"),
            "own": here.key("member", "essex"),
            "other": here.key("member", "kent"),
            "ended": here.key("member", "kent"),
            "coordinator": here.key("coordinator"),
            "administrator": here.key("admin"),
        }
        with here.registry.work() as work:
            revoke_key(work, self.bearers["ended"].split("_")[1])
        self.cookies = {role: here.sign_in(role) for role in ROLES}

    def credential(self, caller: str, service: str, contact: str = "c-essex") -> Mapping[str, str]:
        """Headers; what comes by cookie is in the client. The notifier acts for `contact`."""
        if caller in SERVICES or caller == "elsewhere":
            bearer = self._token(caller, service, contact)
        elif caller in ROLES and service != "registry":
            return {}
        else:
            bearer = self.bearers.get(caller, "")
        return {"Authorization": f"Bearer {bearer}"} if bearer else {}

    def client(self, caller: str, service: str) -> FlaskClient:
        client = self.coalition.apps[service].test_client()
        if service == "matcher" and caller in self.cookies:
            client.set_cookie(COOKIE, self.cookies[caller])
        if service == "notifier" and caller == "link":
            opened = {nonce: self._moment() for nonce, _ in self.coalition.links.values()}
            with client.session_transaction() as session:
                session["opened"] = opened
        return client

    def fresh(self, caller: str) -> None:
        """Signs in again whoever may have signed out."""
        if caller in ROLES:
            self.cookies[caller] = self.coalition.sign_in(caller)

    def _token(self, caller: str, service: str, contact: str) -> str:
        acting = {"matcher": f"coordinator:{self.coalition.ids['coordinator']}"}
        acting["notifier"] = f"contact:{contact}"
        audience = service
        if caller == "elsewhere":
            caller, audience = "matcher", "nowhere"
        return self.coalition.tokens.issue(caller, audience, acting_for=acting.get(caller))

    def _moment(self) -> float:
        return self.coalition.clock.now().timestamp()
