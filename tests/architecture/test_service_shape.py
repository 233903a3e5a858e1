"""Inside a service: edges call use cases, use cases call the store and the domain, never upwards.

Whatever is not an edge, the store, mail, scoring, the domain or the settings is a use case, so a
new module has its place without being listed.
"""

from __future__ import annotations

from collections.abc import Iterator

import grimp
import pytest

SERVICES = ("registry", "matcher", "notifier")
BUILDING = frozenset({"__main__", "wsgi", "wiring", "commands"})
EDGES = frozenset({"api", "console", "pages", "consumer", "mailbox"})
# vault: encryption of single values, which the store of contacts uses.
BELOW = frozenset({"store", "domain", "mail", "scoring", "settings", "migrations", "vault"})


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("services", "shared", cache_dir=None)


def level(part: str) -> int:
    """Where a part of a service stands: 3 builds, 2 is an edge, 1 a use case, 0 below."""
    for height, names in ((3, BUILDING), (2, EDGES), (0, BELOW)):
        if part in names:
            return height
    return 1


def upward_imports(graph: grimp.ImportGraph, service: str) -> Iterator[str]:
    package = f"services.{service}"
    for module in graph.find_descendants(package):
        part = module.split(".")[2]
        for imported in graph.find_modules_directly_imported_by(module):
            if not imported.startswith(f"{package}."):
                continue
            if level(imported.split(".")[2]) > level(part):
                yield f"{module} imports {imported}"


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_imports_upwards(graph: grimp.ImportGraph, service: str) -> None:
    assert list(upward_imports(graph, service)) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("store.planted", "propose"),
        ("propose", "api.planted"),
        ("propose", "consumer"),
        ("domain.planted", "propose"),
        ("api.planted", "wiring"),
    ],
)
def test_a_planted_upward_import_is_found(importer: str, imported: str) -> None:
    planted = grimp.ImportGraph()
    for name in (importer, imported):
        planted.add_module(f"services.toy.{name}")
    planted.add_module("services.toy")
    planted.add_import(importer=f"services.toy.{importer}", imported=f"services.toy.{imported}")
    planted.add_import(importer=f"services.toy.{imported}", imported="services.registry.api")
    assert len(list(upward_imports(planted, "toy"))) == 1


def test_no_service_tree_has_cycles_between_its_use_cases(graph: grimp.ImportGraph) -> None:
    """Two modules that import each other are one module in two files."""
    found = []
    for service in SERVICES:
        for module in graph.find_descendants(f"services.{service}"):
            for imported in graph.find_modules_directly_imported_by(module):
                back = graph.find_modules_directly_imported_by(imported)
                if module < imported and module in back and imported.startswith("services."):
                    found.append(f"{module} <-> {imported}")
    assert found == []
