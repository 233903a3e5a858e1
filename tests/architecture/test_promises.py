"""docs/promises.md names tests, rules and mutants that exist, for every promise, and every mutant."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.tree import ROOT, functions

PAGE = (ROOT / "docs" / "promises.md").read_text()
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
MUTANTS = re.compile(r"^\* mutants: (.+)$", re.MULTILINE)


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## (P\d) ", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def missing_tests(page: str) -> list[str]:
    found = []
    for name, test in TEST.findall(page):
        path = ROOT / name
        tree = ast.parse(path.read_text()) if path.exists() else ast.Module([], [])
        if test not in {function.name for function in functions(tree)}:
            found.append(f"{name}::{test}")
    return found


def registered() -> dict[str, str]:
    """Promise by mutant, read and not imported: imports of services belong to other tests."""
    tree = ast.parse((ROOT / "tests" / "faults" / "mutants.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "Mutant"]
    words = [[a.value for a in call.args if isinstance(a, ast.Constant)] for call in made]
    return {str(name): str(promise) for name, promise, *_ in words}


def test_every_named_test_is_there() -> None:
    assert missing_tests(PAGE) == []


def test_one_that_is_not_there_is_found() -> None:
    assert missing_tests("`tests/faults/test_mutants.py::test_nothing`") != []
    assert missing_tests("`tests/nowhere.py::test_nothing`") != []


@pytest.mark.parametrize("promise", [f"P{number}" for number in range(1, 9)])
def test_each_promise_has_tests_and_its_mutants(promise: str) -> None:
    section = sections(PAGE)[promise]
    assert TEST.search(section)
    named = {name for line in MUTANTS.findall(section) for name in re.findall(r"`([\w-]+)`", line)}
    assert named == {name for name, of in registered().items() if of == promise}
    assert named
