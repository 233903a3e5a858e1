"""Every commit, send and acknowledgement has a failpoint before it and one after it.

Read from the source: within one function failpoints and boundaries must take turns, and begin and end
with a failpoint. So wherever a process can die between two durable steps, a test can let it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from shared.failpoints import PLACES
from tests.architecture.tree import PACKAGES, ROOT, python_files, relative

WATCHED = (
    "shared/storage",
    "shared/bus",
    "shared/messaging",
    "shared/web/client.py",
    "services/notifier/mail",
    "services/notifier/send.py",
)
CALLED = frozenset(
    [
        "begin_commit",
        "commit",
        "deliver",
        "docmd",
        "ehlo",
        "getreply",
        "login",
        "publish",
        "send",
        "send_message",
        "sendall",
        "sendmail",
        "starttls",
    ]
)
OPENED = frozenset({"_work", "begin", "unit_of_work", "write"})
STATEMENTS = ("COMMIT", "wal_checkpoint")
# Their callers carry the failpoints: a call of one of these is itself a boundary there.
CARRIERS = {
    "shared/bus/kafka_publisher.py": {"_send", "_commit"},
    "services/notifier/mail/smtp.py": {"_command", "_hello", "connect"},
}
ELSEWHERE = {
    ("shared/bus/embedded.py", "*"): "makes the parts, sends nothing",
    ("shared/bus/embedded_consumer.py", "commit"): "LogFile.writing commits",
    ("shared/messaging/runner.py", "_apply_all"): "Consumer.commit has the one before",
    ("shared/storage/database.py", "read"): "nothing to commit",
    ("shared/storage/migrations.py", "_upgrade"): "Database.write commits",
    ("shared/storage/work.py", "unit_of_work"): "Database.write commits",
    ("services/notifier/mail/smtp.py", "send"): "the whole conversation, step by step below it",
}

Mark = tuple[float, str]  # line, what stands there
REACH = "reach"


def test_every_boundary_stands_between_failpoints() -> None:
    found = [fault for path in watched() for fault in faults_of(path.read_text(), relative(path))]
    assert not found, "\n".join(found)


def test_the_list_and_the_code_name_the_same_places() -> None:
    reached: dict[str, str] = {}
    for path in python_files("shared", "services"):
        for name in reached_in(path.read_text()):
            assert name not in reached, f"{name} is reached twice: {reached[name]}, {path}"
            reached[name] = relative(path)
    assert reached == {name: place.where for name, place in PLACES.items()}


def test_no_process_forgets_to_arm_them() -> None:
    for path in python_files("services"):
        text = path.read_text()
        if path.name == "wsgi.py" or "Worker(" in text.replace("class Worker(", ""):
            assert "failpoints.arm(settings.failpoints)" in text, relative(path)


REACH_X = "failpoints.reach('x')"
PLANTED = [
    (["c.commit()"], "no failpoint before commit"),
    ([REACH_X, "c.commit()"], "no failpoint after commit"),
    ([REACH_X, "c.send(1)", "c.send(2)", REACH_X], "no failpoint after send"),
    (["with d.write() as c:", "    c.do()", REACH_X], "no failpoint before write"),
    (["s.execute('COMMIT')", REACH_X], "no failpoint before execute COMMIT"),
    ([REACH_X, "s.executescript(f'{x};COMMIT;')"], "no failpoint after executescript COMMIT"),
    ([REACH_X, "c.commit()", REACH_X], None),
    (["with d.write() as c:", "    " + REACH_X, REACH_X], None),
]


@pytest.mark.parametrize(("lines", "said"), PLANTED)
def test_a_planted_boundary_is_found(lines: list[str], said: str | None) -> None:
    planted = "\n    ".join(["def f(c, d, s, x):", *lines])
    found = [fault.partition(": ")[2] for fault in faults_of(planted, "shared/bus/planted.py")]
    assert said is None or said in found
    assert bool(found) == (said is not None)


def watched() -> list[Path]:
    files = [path for path in python_files(*PACKAGES) if relative(path).startswith(WATCHED)]
    assert {relative(path) for path in files} > {place.where for place in PLACES.values()}
    return files


def faults_of(source: str, where: str) -> Iterator[str]:
    carriers = CARRIERS.get(where, set())
    for function in functions_of(ast.parse(source)):
        exempt = (where, function.name) in ELSEWHERE or (where, "*") in ELSEWHERE
        if exempt or function.name in carriers:
            continue
        marks = sorted(marks_of(function, CALLED | carriers))
        for at, (line, what) in enumerate(marks):
            if what == REACH:
                continue
            for side, other in (("before", at - 1), ("after", at + 1)):
                inside = 0 <= other < len(marks)
                if not inside or marks[other][1] != REACH:
                    yield f"{where}:{line:.0f} {function.name}: no failpoint {side} {what}"
                    break


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def marks_of(function: ast.FunctionDef, called: frozenset[str] | set[str]) -> Iterator[Mark]:
    """Failpoints and boundaries of a function, without those of functions inside it."""
    for node in own_nodes(function):
        if isinstance(node, ast.With):
            names = {called_name(item.context_expr) for item in node.items}
            yield from (((node.end_lineno or 0) + 0.5, name) for name in names & OPENED)
        elif isinstance(node, ast.Call):
            what = what_is_called(node, called)
            if what:
                yield node.end_lineno or 0, what


def what_is_called(node: ast.Call, called: frozenset[str] | set[str]) -> str:
    name = called_name(node)
    if name == REACH or name in called:
        return name
    statement = statement_of(node)
    return f"{name} {statement}" if statement else ""


def own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef):
            waiting.extend(ast.iter_child_nodes(node))


def called_name(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def statement_of(node: ast.Call) -> str:
    """Which statement a call of a database sends, where it is one that makes something durable."""
    if not called_name(node).startswith("execute"):
        return ""
    texts = [
        part.value
        for argument in node.args
        for part in ast.walk(argument)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return next((each for each in STATEMENTS if any(each in text for text in texts)), "")


def reached_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if called_name(node) == REACH and isinstance(node, ast.Call) and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant):
                yield str(name.value)


def test_what_is_exempt_still_exists() -> None:
    exempt: Mapping[tuple[str, str], str] = ELSEWHERE
    for where, name in exempt:
        names = {function.name for function in functions_of(ast.parse((ROOT / where).read_text()))}
        assert name == "*" or name in names, f"{where} has no {name}"
