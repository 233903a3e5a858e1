"""The tables of docs/benchmarks.md that are made from what was measured: `python -m benchmarks.tables`.

A benchmark writes its figures to docs/benchmarks/NAME.json and its table between the marks of its
name; the sentences around it are by hand. Run by itself it writes all tables anew, for figures
that were measured elsewhere.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
Figures = Mapping[str, Any]


def chain(found: Figures) -> str:
    imports, events = found["import"], found["throughput"]
    parsing = imports["parse_only_lines_per_second"]
    alone = events["kafka_python_alone"]
    return "\n".join([
        f"Measured {found['date']}; {found['machine']}, seed {found['seed']}.",
        "",
        *_rows(
            (f"import of {imports['lines']:,} lines (median of 3)", "lines/s", "of parsing alone"),
            [(told, f"{imports[name]:,.0f}", f"{imports[name] / parsing:.2f}") for name, told in {
                "parse_only_lines_per_second": "parsing alone",
                "sqlite_lines_per_second": "SQLite, first time",
                "sqlite_again_lines_per_second": "SQLite, the same file again",
                "postgresql_lines_per_second": "PostgreSQL, first time",
                "postgresql_again_lines_per_second": "PostgreSQL, the same file again",
            }.items()],
        ),
        "",
        *_rows(
            ("need published → proposal visible", "p50", "p99", "one HTTP request, p50"),
            [(told, *(f"{found['latency'][name][key]:.0f} ms" for key in ("p50_ms", "p99_ms")),
              f"{found['latency'][name]['http_round_trip_p50_ms']:.1f} ms") for name, told in {
                "embedded": "embedded log, SQLite",
                "kafka": "Kafka, PostgreSQL",
            }.items()],
        ),
        "",
        *_rows(
            (f"events through the matcher's consumer ({events['events']:,}, median of 3)",
             "events/s", "of kafka-python alone"),
            [(told, f"{events[name]:,.0f}", f"{events[name] / alone:.3f}") for name, told in {
                "kafka_python_alone": "kafka-python alone, no effect",
                "matcher_kafka_postgresql": "matcher, Kafka, PostgreSQL: many at a time",
                "matcher_kafka_postgresql_one_by_one": "matcher, Kafka, PostgreSQL: one by one",
                "matcher_embedded_sqlite": "matcher, embedded log, SQLite: many at a time",
                "matcher_embedded_sqlite_one_by_one": "matcher, embedded log, SQLite: one by one",
            }.items()],
        ),
    ])  # fmt: skip


_REMATCH = {
    "Convene, s": "seconds",
    "times the float32 product of the pairs computed": "times the product limit",
    "masked numpy, s (1,000 needs, scaled)": "masked numpy, seconds (1,000 needs, scaled)",
    "faster than masked numpy": "faster than masked numpy",
    "sklearn NearestNeighbors on eligible pairs, s (24 areas, scaled)":
        "sklearn NearestNeighbors on eligible pairs, seconds (24 areas, scaled)",
    "faster than sklearn": "faster than sklearn",
}  # fmt: skip
_CHANGE = {
    "one new need": "need",
    "one new capability: which lists it may enter": "capability",
    "faiss flat, one vector, no rules": "faiss flat",
}


def _speed_rows(sizes: Figures) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (told, *(f"{row['full rematch'][name]:,}" for row in sizes.values()))
        for told, name in _REMATCH.items()
    ]
    rows += [
        (f"{told}, M", *(f"{row['full rematch'][told] / 1e6:,.1f}" for row in sizes.values()))
        for told in ("pairs eligible", "pairs computed")
    ]
    rows += [
        (f"{told}, p50 / p99 ms",
         *(" / ".join(f"{row['one change'][f'{name} {p} ms']:.2f}" for p in ("p50", "p99"))
           for row in sizes.values()))
        for told, name in _CHANGE.items()
    ]  # fmt: skip
    rows += [
        (told, *(f"{row['build'][name]:,}" for row in sizes.values()))
        for told, name in {"built from known vectors and stems, s": "seconds",
                           "bytes an entity, arrays of the index": "bytes an entity"}.items()
    ]  # fmt: skip
    return rows


def speed(found: Figures) -> str:
    sizes = {f"{int(size):,}": row for size, row in found["sizes"].items()}
    texts = found["texts alone, 10,000 × 10,000"]
    growth = ", ".join(f"{name} {power}" for name, power in found["growth"].items())
    return "\n".join([
        f"Measured {found['date']}; {found['machine']}, seed {found['seed']}.",
        "",
        *_rows(("needs × as many capabilities, the ten best of each", *sizes), _speed_rows(sizes)),
        "",
        *_rows(("texts alone, 10,000 × 10,000, no rules", "s, or share"), sorted(texts.items())),
        "",
        f"Growth from the smallest to the largest, as exponents: {growth}.",
    ])  # fmt: skip


def restart(found: Figures) -> str:
    starts = found["starts"]
    columns = next(iter(starts.values()))
    return "\n".join([
        f"Measured {found['date']}; {found['machine']}; {found['entities']:,} entities.",
        "",
        *_rows(
            ("", *starts),
            [(name, *(f"{one[name]:,}" for one in starts.values())) for name in columns],
        ),
    ])  # fmt: skip


def market(found: Figures) -> str:
    columns = {"agreed": ".0f", "worst_tenth": ".2f", "envy": ".2f", "gini": ".2f",
               "needs_without": ".1f", "sum": ".0f"}  # fmt: skip
    parts = [f"Measured as of {found['as_of']}; {found['machine']}, seeds {found['seeds']}."]
    for crowding, methods in found["markets"].items():
        rows = [(name, *(format(row[column], how) for column, how in columns.items()))
                for name, row in methods.items()]  # fmt: skip
        head = (f"crowding {crowding}", *(name.replace("_", " ") for name in columns))
        parts += ["", *_rows(head, rows)]
    sizes = [name for name in next(iter(found["seconds"].values())) if name != "exponent"]
    rows = [(name, *(f"{row[size]:.2f}" for size in sorted(sizes, key=int)), f"{row['exponent']}")
            for name, row in found["seconds"].items()]  # fmt: skip
    head = ("seconds of the processor, by needs", *sorted(sizes, key=int), "grows with the power")
    return "\n".join([*parts, "", *_rows(head, rows)])


def pages(found: Figures) -> str:
    stores = ("SQLite", "PostgreSQL")
    told = {name: {row["page"]: row for row in found[name]["pages"]} for name in stores}
    rows = [(page, *(f"{told[name][page][key]:.0f}" for name in stores
                     for key in ("p50 ms", "p95 ms", "cpu p95 ms", "statements")), row["kB"])
            for page, row in told["SQLite"].items()]  # fmt: skip
    head = (
        "page",
        *(
            f"{name}, {key}"
            for name in stores
            for key in ("p50 ms", "p95", "p95 of the processor", "statements")
        ),
    )
    size, matches = found["size"], found["SQLite"]["matches"]
    made = f"{size:,} needs, {size:,} capabilities, {matches:,} matches"
    measured = f"Measured {found['date']}; {found['machine']}; {made}."
    return "\n".join([
        measured,
        "",
        *_rows((*head, "kB"), rows),
    ])  # fmt: skip


TABLES: Mapping[str, Callable[[Figures], str]] = {
    "pages": pages,
    "chain": chain,
    "speed": speed,
    "restart": restart,
    "market": market,
}


def write(name: str, docs: Path = DOCS) -> None:
    """Replace what stands between the marks of this name by the table of its JSON file.

    Raises
    ------
    ValueError
        The marks are not there.

    """
    begin, end = f"<!-- {name}: written by benchmarks.tables -->", f"<!-- end of {name} -->"
    page = docs / "benchmarks.md"
    text = page.read_text("utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"put {begin} and {end} into {page.name}, one line each")
    found = json.loads((docs / "benchmarks" / f"{name}.json").read_text("utf-8"))
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    page.write_text(f"{before}{begin}\n{TABLES[name](found)}\n{end}{after}", "utf-8")


def _rows(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(str(cell) for cell in row)} |" for row in lines]


def main() -> int:
    for name in TABLES:
        write(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
