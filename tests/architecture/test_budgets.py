"""What keeps the house livable: small files, small functions, nothing unfinished."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import CODE, ROOT, functions, python_files, relative

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40
# path → why it may be longer. A kernel, a migration or a state table may be; nothing else.
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS = {"shared/storage/tables.py:standard_tables": "the tables, one after another"}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|NotImplemented" r"Error)\b")
TEXT = frozenset({".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".sh", ".txt", ".json"})


def longer_functions(source: str) -> list[tuple[str, int]]:
    """Names and lengths of functions over the budget.

    Docstrings are not counted, nor functions inside (views in a factory), which count themselves.
    """
    found = []
    for function in functions(ast.parse(source)):
        lines = span(function) - sum(span(inner) for inner in inner_functions(function))
        if ast.get_docstring(function) is not None and len(function.body) > 1:
            lines -= span(function.body[0])
        if lines > MOST_LINES_OF_A_FUNCTION:
            found.append((function.name, lines))
    return found


def span(node: ast.stmt) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def inner_functions(function: ast.stmt) -> list[ast.stmt]:
    """The outermost functions inside this one."""
    found: list[ast.stmt] = []
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node)
        else:
            waiting.extend(ast.iter_child_nodes(node))
    return found


def test_files_are_small() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in python_files(*CODE)}
    over = {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE}
    unexplained = {
        name: lines
        for name, lines in over.items()
        if name not in LONGER_FILES and "/migrations/versions/" not in name
    }
    assert unexplained == {}, f"Split these files; at most {MOST_LINES_OF_A_FILE} lines each."
    assert set(LONGER_FILES) <= set(over), "A waiver is no longer needed: take it away."


def test_functions_are_small() -> None:
    over = {
        f"{relative(path)}:{name}": lines
        for path in python_files(*CODE)
        if "/migrations/versions/" not in relative(path)
        for name, lines in longer_functions(path.read_text())
    }
    unexplained = {name: lines for name, lines in over.items() if name not in LONGER_FUNCTIONS}
    assert unexplained == {}, f"Split these; at most {MOST_LINES_OF_A_FUNCTION} lines each."
    assert set(LONGER_FUNCTIONS) <= set(over), "A waiver is no longer needed: take it away."


def test_a_long_function_is_noticed() -> None:
    body = "\n".join(f"    x = {number}" for number in range(41))
    assert longer_functions(f"def long():\n{body}\n") == [("long", 42)]
    nested = body.replace("    ", "        ")
    assert longer_functions(f"def out():\n    def long():\n{nested}\n") == [("long", 42)]
    assert longer_functions("def short():\n    return 1\n") == []


def test_nothing_is_unfinished() -> None:
    found = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in python_files("services", "shared", "scripts", "benchmarks")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("word", ["TODO: later", "raise NotImplementedError", "FIXME"])
def test_an_unfinished_line_is_noticed(word: str) -> None:
    assert UNFINISHED.search(f"    # {word}")


def text_files() -> list[Path]:
    folders = (*CODE, "docs", "requirements", ".ci")
    below = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    top = [path for path in ROOT.iterdir() if path.is_file()]
    return [
        path
        for path in (*below, *top)
        if path.is_file()
        and (path.suffix in TEXT or path.name in ("Makefile", "Procfile", "Dockerfile", "run"))
        and "__pycache__" not in path.parts
        and path.stat().st_size < 2_000_000
    ]


def machine_paths() -> list[str]:
    """Where this checkout and its user's home are: true here, and nowhere else."""
    places = [place for place in (ROOT, ROOT.parent, Path.home()) if len(place.parts) > 1]
    return [f"{place}/" for place in places]


def lines_with_machine_paths(text: str) -> list[str]:
    return [
        f"{number}: {line.strip()[:120]}"
        for number, line in enumerate(text.splitlines(), 1)
        if any(re.search(rf"(?<![\w.]){re.escape(place)}", line) for place in machine_paths())
    ]


def test_no_path_of_one_machine_is_written_down() -> None:
    found = {
        relative(path): lines
        for path in text_files()
        if (lines := lines_with_machine_paths(path.read_text(errors="replace")))
    }
    assert found == {}


def test_a_machine_path_is_noticed() -> None:
    assert lines_with_machine_paths(f"x\nopen('{ROOT}/pyproject.toml')") != []
    assert lines_with_machine_paths(f"see {Path.home()}/notes") != []
    assert lines_with_machine_paths(f"a{ROOT}/x and ./docs/x") == []
