"""Where a SQLite database lies, told from its URL without opening it."""

from pathlib import Path

from sqlalchemy.engine import make_url


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database; None for another kind of database."""
    if not url.startswith("sqlite"):
        return None
    return Path(make_url(url).database or "")
