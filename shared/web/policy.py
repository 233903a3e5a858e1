"""Who may call what. Every endpoint declares it; one that does not keeps the service from starting.

`@policy("coordinator", "service:notifier", "key:write")` lists who may enter: a kind alone, or a
kind with the id or the scope it must have. What of another's objects they see is the query's part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask, Request, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.routing import Rule

from shared.web.problems import Problem, for_programs, problem

KINDS = frozenset({"public", "service", "coordinator", "member", "key", "link"})
_ATTRIBUTE = "convene_policy"
_UNWATCHED = frozenset({"HEAD", "OPTIONS"})
_ViewT = TypeVar("_ViewT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling. `ambient` credentials (cookies) are sent by browsers unasked: CSRF applies."""

    kind: str
    id: str
    member_id: str | None = None
    scopes: frozenset[str] = frozenset()
    acting_for: str | None = None
    ambient: bool = False

    @property
    def label(self) -> str:
        """An opaque name for audit rows and limits, such as `service:notifier`."""
        return f"{self.kind}:{self.id}"


ANONYMOUS = Principal("public", "")

Authenticator = Callable[[Request], Principal | None]
"""None when the request carries no credential of this kind; a bad credential is a problem(401)."""


@dataclass(slots=True)
class Access:
    """What an application knows about access; kept in `app.extensions`."""

    authenticators: Sequence[Authenticator] = ()
    declared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sign_in: Callable[[], ResponseReturnValue] | None = None


class PolicyMissing(Exception):
    """An endpoint without a policy, or with one that nobody can satisfy."""


def policy(*allowed: str) -> Callable[[_ViewT], _ViewT]:
    """Declares who may call a view function, a method of a MethodView, or all methods of one."""
    _check_names(allowed)

    def declare_on(view: _ViewT) -> _ViewT:
        setattr(view, _ATTRIBUTE, allowed)
        if not isinstance(view, type):
            known = dict(getattr(view, "_apidoc", {}))  # where flask-smorest collects its docs
            view._apidoc = {**known, "policy": allowed}  # type: ignore[attr-defined]  # noqa: SLF001
        return view

    return declare_on


def declare(app: Flask, endpoint: str, *allowed: str) -> None:
    """Declares a policy for an endpoint that a library made."""
    _check_names(allowed)
    access_of(app).declared[endpoint] = allowed


def on_unauthenticated(app: Flask, answer: Callable[[], ResponseReturnValue]) -> None:
    """What a page answers to someone unknown, instead of the 401 page: a redirect to sign-in."""
    access_of(app).sign_in = answer


def principal() -> Principal:
    """Who is calling; `ANONYMOUS` on a public route without credentials."""
    found: Principal = g.get("principal", ANONYMOUS)
    return found


def access_of(app: Flask) -> Access:
    access: Access = app.extensions["convene_access"]
    return access


def install_policy(app: Flask, authenticators: Sequence[Authenticator]) -> None:
    app.extensions["convene_access"] = Access(authenticators)
    app.before_request(_enforce)


def endpoints_without_policy(app: Flask) -> list[str]:
    return [
        f"{method} {rule.rule} ({rule.endpoint})"
        for rule, method in _endpoints(app)
        if not policy_of(app, rule.endpoint, method)
    ]


def policy_of(app: Flask, endpoint: str, method: str) -> tuple[str, ...]:
    """Who may call the endpoint with this method; empty where nobody said."""
    declared = access_of(app).declared.get(endpoint)
    if declared is not None:
        return declared
    view = app.view_functions[endpoint]
    cls = getattr(view, "view_class", None)
    on_method = getattr(getattr(cls, method.lower(), None), _ATTRIBUTE, ())
    allowed: tuple[str, ...] = on_method or getattr(cls, _ATTRIBUTE, ())
    return allowed or getattr(view, _ATTRIBUTE, ())


def _endpoints(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - _UNWATCHED):
            yield rule, method


def _enforce() -> ResponseReturnValue | None:
    if request.url_rule is None or request.method == "OPTIONS":
        return None
    access = access_of(current_app)
    method = "GET" if request.method == "HEAD" else request.method
    allowed = policy_of(current_app, request.url_rule.endpoint, method)
    caller = _authenticated(access, optional="public" in allowed)
    if caller is not None:
        g.principal = caller
    if "public" in allowed or (caller is not None and _satisfies(caller, allowed)):
        return None
    return _refuse(access, caller)


def _authenticated(access: Access, *, optional: bool) -> Principal | None:
    for authenticate in access.authenticators:
        caller = authenticate(request)
        if caller is not None:
            return caller
    if "Authorization" in request.headers and not optional:
        problem(
            401,
            "credential_unknown",
            "The Authorization header holds no credential that is known here. Send "
            "'Authorization: Bearer …' with a valid key or token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return None


def _satisfies(caller: Principal, allowed: Sequence[str]) -> bool:
    for entry in allowed:
        kind, _, needed = entry.partition(":")
        if caller.kind == kind and (not needed or needed == caller.id or needed in caller.scopes):
            return True
    return False


def _refuse(access: Access, caller: Principal | None) -> ResponseReturnValue:
    if caller is not None:
        problem(
            403,
            "forbidden",
            "You are signed in, but not allowed to do this. Ask the coalition's office for it.",
        )
    if access.sign_in is not None and not for_programs():
        return access.sign_in()
    raise Problem(
        401,
        "unauthenticated",
        "This needs a credential. Sign in, or send 'Authorization: Bearer …' with a valid key.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _check_names(allowed: Sequence[str]) -> None:
    unknown = [entry for entry in allowed if entry.partition(":")[0] not in KINDS]
    if unknown or not allowed:
        raise PolicyMissing(
            f"policy{allowed!r} names nobody that can call. Use one or more of "
            f"{', '.join(sorted(KINDS))}, each optionally with ':id' or ':scope'."
        )


__all__ = [
    "ANONYMOUS",
    "Authenticator",
    "PolicyMissing",
    "Principal",
    "declare",
    "on_unauthenticated",
    "policy",
    "principal",
]
