"""Writes every document that is made from code: `make docs`; `--check` names those that differ.

The event contracts give docs/events.md, docs/asyncapi.yaml and docs/schemas; the settings give
docs/configuration.md; the inventory and the rules of retention give docs/data-inventory.md; the routes give docs/api-*.yaml; features and priors give docs/model-card.md;
a drawing of the walk is docs/pictures/walk.svg.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from scripts import draw_walk, inventory
from scripts.api_pages import openapi_page
from scripts.model_card import model_card
from shared.contracts.documents.files import generated_files
from shared.observability.logging import configure
from shared.settings.__main__ import settings_classes
from shared.settings.common import SERVICES
from shared.settings.show import configuration_page

DOCS = Path(__file__).resolve().parent.parent / "docs"
Documents = Mapping[str, str]


def of_events() -> Documents:
    return {str(name): text for name, text in generated_files().items()}


def of_settings() -> Documents:
    modules = [f"services.{service}.settings" for service in SERVICES]
    return {"configuration.md": configuration_page(settings_classes(modules))}


def of_routes() -> Documents:
    return {f"api-{service}.yaml": openapi_page(service) for service in SERVICES}


def of_drawings() -> Documents:
    return {"pictures/walk.svg": draw_walk.drawing()}


def of_model() -> Documents:
    return {"model-card.md": model_card()}


def of_inventory() -> Documents:
    return {"data-inventory.md": inventory.page()}


MAKERS: tuple[Callable[[], Documents], ...] = (
    of_events, of_settings, of_routes, of_drawings, of_model, of_inventory,
)  # fmt: skip


def differing(documents: Documents, docs: Path = DOCS) -> list[str]:
    """Names of the documents that are missing or not what the code makes of them."""
    return [
        name
        for name, text in sorted(documents.items())
        if not (docs / name).is_file() or (docs / name).read_text(encoding="utf-8") != text
    ]


def orphans(documents: Documents, docs: Path = DOCS) -> list[str]:
    """Schemas and API pages of nothing that there is any more."""
    found = [*docs.glob("schemas/*.json"), *docs.glob("api-*.yaml")]
    return sorted({path.relative_to(docs).as_posix() for path in found} - set(documents))


def write(documents: Documents, docs: Path = DOCS) -> None:
    for name, text in documents.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in orphans(documents, docs):
        (docs / name).unlink()


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a document differs.")
@click.option(
    "--docs",
    type=click.Path(file_okay=False, path_type=Path),
    default=DOCS,
    help="The folder that holds the documents.",
)
def main(*, check: bool, docs: Path) -> None:
    """Write the generated documents anew, or say which ones are old."""
    configure("docs", "warning")
    documents = {name: text for make in MAKERS for name, text in make().items()}
    if not check:
        write(documents, docs)
        click.echo(f"{len(documents)} documents written below {docs.name}.")
        return
    old = differing(documents, docs) + orphans(documents, docs)
    for name in old:
        click.echo(f"{docs.name}/{name} is not what the code makes of it; run `make docs`.")
    sys.exit(1 if old else 0)


if __name__ == "__main__":
    main()
