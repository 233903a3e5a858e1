"""A person at a browser without JavaScript: reads a page, fills a form in, presses a button."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    radios: set[str] = field(default_factory=set)
    words: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(named.get("action", ""), named.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._inside(self._form, tag, named)

    def _inside(self, form: Form, tag: str, named: dict[str, str]) -> None:
        name = named.get("name", "")
        if tag == "input":
            self._input(form, name, named)
        elif tag == "textarea" and name:
            form.fields.append((name, ""))
        elif tag == "button" and named.get("type", "submit") == "submit":
            form.buttons.append((name, named.get("value", "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in named:
            form.fields.append((self._select, named.get("value", "")))

    @staticmethod
    def _input(form: Form, name: str, named: dict[str, str]) -> None:
        kind = named.get("type", "text")
        if kind in ("submit", "image"):
            form.buttons.append((name, named.get("value", "")))
        elif kind in ("radio", "checkbox"):
            form.radios.add(name)
            if "checked" in named:
                form.fields.append((name, named.get("value", "on")))
        elif name:
            form.fields.append((name, named.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._form is not None:
            self._form.words += data


def forms(page: httpx.Response) -> list[Form]:
    reader = _Reader()
    reader.feed(page.text)
    return reader.forms


def submit(
    client: httpx.Client,
    page: httpx.Response,
    values: dict[str, str],
    *,
    action: str = "",
    button: tuple[str, str] | None = None,
) -> httpx.Response:
    """Fill in and send the first form whose action contains `action` and that has the fields.

    Raises AssertionError with what the page offers when there is none.
    """
    assert page.status_code == 200, f"{page.request.url}: {page.status_code} {page.text[:500]}"
    for form in forms(page):
        names = {name for name, _ in form.fields} | form.radios | {n for n, _ in form.buttons}
        if action in form.action and set(values) <= names | {"csrf_token"}:
            data = dict(form.fields) | values
            if button is not None:
                data[button[0]] = button[1]
            target = urljoin(str(page.request.url), form.action or str(page.request.url))
            return client.request(form.method.upper(), target, data=data, follow_redirects=True)
    offered = [(form.action, sorted({name for name, _ in form.fields})) for form in forms(page)]
    raise AssertionError(f"no form for {action!r} with {sorted(values)} among {offered}")
