"""`python -m shared.contracts write` makes the generated documents; `check` compares them."""

import sys
from pathlib import Path

import click

from shared.contracts.documents.files import generated_files

_DOCS = click.option(
    "--docs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs"),
    show_default=True,
    help="The folder that holds the documents.",
)


@click.group()
def main() -> None:
    """Documents generated from the event contracts."""


@main.command()
@_DOCS
def write(docs: Path) -> None:
    """Write asyncapi.yaml, events.md and the JSON Schemas."""
    files = generated_files()
    for name, text in files.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    click.echo(f"{len(files)} files written below {docs}.")


@main.command()
@_DOCS
def check(docs: Path) -> None:
    """Say which documents are not what `write` would make; exit 1 if there are any."""
    stale = differing_files(docs)
    for name in stale:
        click.echo(f"{docs / name} is out of date; run `python -m shared.contracts write`.")
    sys.exit(1 if stale else 0)


def differing_files(docs: Path) -> list[str]:
    """Files that are missing, different, or schemas of no event type, sorted."""
    files = {str(name): text for name, text in generated_files().items()}
    found = {f"schemas/{path.name}" for path in (docs / "schemas").glob("*.json")} - set(files)
    for name, text in files.items():
        path = docs / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.add(name)
    return sorted(found)


if __name__ == "__main__":
    main()
