"""The results as tables of docs/benchmarks.md: figures are written by the run that measured them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.quality import goals, partnerships
from benchmarks.quality.texts import OURS, OURS_WITHOUT

BEGIN, END = "<!-- quality: written by make bench-quality -->", "<!-- end of quality -->"
MEAN_OF = ("cranfield", "ukcat_need", "ukcat_tag")
"""The sets whose mean is compared: the others are nearly solved by every method."""


class NoMarks(Exception):
    """docs/benchmarks.md has lost the marks between which the results are written."""


def set_table(name: str, measured: Mapping[str, Any]) -> str:
    sizes = f"{measured['documents']:,} documents, {measured['queries']} queries"
    lines = [
        f"### {name}: {sizes}, {measured['held_out']} of them held out",
        "",
        "| | nDCG@10 | development half | held-out half | recall@10 | MAP |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_method(method, row) for method, row in measured["methods"].items()]
    told = measured["against_best"]
    shown = ", ".join(
        f"{told[half]['mean']:+.3f} ({told[half]['low']:+.3f} to {told[half]['high']:+.3f}: "
        f"{told[half]['verdict']}) {words}"
        for half, words in (("all", "on all queries"), ("held_out", "on the held-out half"))
    )
    lines += ["", f"{OURS} against the best baseline here ({told['baseline']}): {shown}.", ""]
    return "\n".join(lines)


def means(sets: Mapping[str, Any]) -> dict[str, Any]:
    """Mean nDCG@10 over the sets of MEAN_OF, and how far ours is above the best other."""
    there = [sets[name]["methods"] for name in MEAN_OF if name in sets]
    names = there[0].keys() if there else ()
    found = {name: sum(methods[name]["ndcg10"] for methods in there) / len(there) for name in names}
    others = {name: mean for name, mean in found.items() if name not in (OURS, OURS_WITHOUT)}
    if not others:
        return {"methods": found}
    best = max(others, key=lambda name: others[name])
    return {"methods": found, "best_other": best, "gain": found[OURS] / others[best] - 1}


def mean_table(measured: Mapping[str, Any]) -> str:
    names = ", ".join(MEAN_OF)
    lines = [f"### Mean over {names}", "", "| | nDCG@10 |", "|---|---|"]
    lines += [f"| {_name(name)} | {mean:.3f} |" for name, mean in measured["methods"].items()]
    if "gain" in measured:
        gain = f"{100 * measured['gain']:+.1f}%"
        lines += ["", f"{OURS} is {gain} from {measured['best_other']}, the best other.", ""]
    return "\n".join(lines)


def write_section(path: Path, results: Mapping[str, Any]) -> None:
    """Replace what stands between the marks.

    Raises
    ------
    NoMarks
        They are not there.

    """
    text = path.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarks(f"put {BEGIN} and {END} into {path.name}, one line each")
    path.write_text(f"{before}{BEGIN}\n{_section(results)}\n{END}{after}", "utf-8")


def _section(results: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    models = "; ".join(f"{name}: `{number}`" for name, number in results["models"].items())
    settings = "; ".join(f"{name}: {how}" for name, how in results["settings"].items())
    about = (
        f"{results['date']}, as of {results['as_of']}, {results['machine']}, {versions}, seed "
        f"{results['seed']}, {results['bootstrap_draws']:,} bootstrap draws over queries. {models}; "
        "words are counted over each set as over any coalition. Half of the queries is held out "
        f"({results['held_out']}). {settings}."
    )
    tables = [set_table(name, one) for name, one in results["sets"].items()]
    told = {"partnerships": partnerships.table, "goals": goals.table}
    others = [table(results[name]) for name, table in told.items() if name in results]
    return "\n".join([about, "", *tables, mean_table(results["mean"]), *others])


def _method(name: str, row: Mapping[str, float]) -> str:
    keys = ("ndcg10", "ndcg10_development", "ndcg10_held_out", "recall10", "map")
    return f"| {_name(name)} | " + " | ".join(f"{row[key]:.3f}" for key in keys) + " |"


def _name(name: str) -> str:
    return f"**{name}**" if name == OURS else name
