"""Every page of a running house, found by following its links as a person could.

Pages of one kind (the pages of matches, say) differ in content, not in make: of each kind as many
are visited as `OF_A_KIND` allows, and one with a query.
"""

from collections import Counter, deque
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Page

OF_A_KIND = 2
OF_LISTS = 8
OF_MANY = frozenset({"capabilities", "matches", "members", "messages", "needs", "places", "rounds"})
"""Below these stands an id, or one of the words of `OF_ALL`."""
OF_ALL = frozenset(
    {"compare", "conflicts", "contacts", "edit", "emails", "new", "print", "what-if"}
)
NO_PAGE = (".csv", ".xlsx", ".json", ".svg", ".css", ".js", ".zip")
NOT_FOLLOWED = frozenset({"sign-out", "source", "html"})
"""Besides sign-out: emails as they were received, which are no pages of ours."""


def kind_of(url: str) -> tuple[str, ...]:
    """What a page shows besides whose: /matches/123/print is of the kind (matches, *, print)."""
    parts = urlsplit(url)
    segments = parts.path.strip("/").split("/")
    named = (segments[0], *("*" if one not in OF_ALL else one for one in segments[1:]))
    if segments[0] not in OF_MANY:
        named = tuple(segments)
    return (*named, "?") if parts.query else named


def walk(page: Page, start: str) -> Iterator[str]:
    """Opens page after page of the same host, breadth first, and yields the path of each.

    What the caller does with `page` at each stop may not lead it elsewhere.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    known: set[str] = set()
    waiting = deque([start])
    while waiting:
        url = waiting.popleft()
        if not _is_new(url, start, known, seen):
            continue
        answer = page.goto(url, wait_until="load")
        assert answer is not None
        assert answer.status == 200, f"{url} answers {answer.status}"
        parts = urlsplit(url)
        yield parts.path + (f"?{parts.query}" if parts.query else "")
        hrefs = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        waiting.extend(urljoin(url, href).partition("#")[0] for href in hrefs)


def _is_new(url: str, start: str, known: set[str], seen: Counter[tuple[str, ...]]) -> bool:
    parts = urlsplit(url)
    if url in known or parts.netloc != urlsplit(start).netloc:
        return False
    if parts.path.endswith(NO_PAGE) or NOT_FOLLOWED & set(parts.path.split("/")):
        return False
    known.add(url)
    kind = kind_of(url)
    seen[kind] += 1
    if kind[0] == "lists" and not parts.query:
        return seen[kind] <= OF_LISTS
    return seen[kind] <= (1 if parts.query else OF_A_KIND)
