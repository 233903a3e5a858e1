"""How many statements an application sends for a page."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import event


def statements_of(app: Flask, act: Callable[[], object]) -> int:
    """Asked twice, the second time counts: what is kept between pages is kept by then."""
    act()
    return statements_once(app, act)


def statements_once(app: Flask, act: Callable[[], object]) -> int:
    seen: list[str] = []
    engine = app.extensions["convene_database"].engine

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    act()
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)
