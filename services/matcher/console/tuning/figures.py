"""Official figures on places, uploaded by an administrator: tried first, then taken in whole."""

from dataclasses import dataclass
from datetime import date

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.matcher.console.blueprint import console, may_administer
from services.matcher.console.parts import parts, transaction
from services.matcher.console.showing import render
from services.matcher.figures.keep import forget_figures, keep_figures
from services.matcher.figures.read import FiguresRefused, Publication, read_figures
from services.matcher.figures.sheets import MAX_BYTES, NotRecognised
from services.matcher.store.figures import all_kept
from shared.web.problems import problem
from shared.web.requests import accepts

FAULTS_SHOWN = 50
TAKEN = {
    "imported": "They are taken in. Every need is looked at again.",
    "replaced": "They are taken in, in place of the earlier ones. Every need is looked at again.",
    "unchanged": "They are the same as before. Nothing changed.",
    "forgotten": "They are dropped. Every need is looked at again.",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """What an uploaded file says, or why it cannot be used."""

    publication: Publication | None = None
    fault: str = ""
    faults: tuple[str, ...] = ()


@console.get("/figures")
@may_administer
def figures() -> Response:
    return _page(_Read(), TAKEN.get(request.args.get("done", ""), ""))


@console.post("/figures")
@may_administer
@accepts("multipart/form-data", max_bytes=MAX_BYTES)
def take_figures() -> Response | AnyResponse:
    read = _read()
    if read.publication is None or request.form.get("how") != "take":
        return _page(read)
    with transaction() as work:
        done = keep_figures(work, read.publication)
    return redirect(url_for("console.figures", done=done), 303)


@console.post("/figures/<dataset>/forget")
@may_administer
def drop_figures(dataset: str) -> AnyResponse:
    with transaction() as work:
        found = forget_figures(work, dataset)
    if not found:
        problem(404, "not_found", "No such figures are in use. Look at the list again.")
    return redirect(url_for("console.figures", done="forgotten"), 303)


def _read() -> _Read:
    given, form = request.files.get("file"), request.form
    if given is None or not given.filename:
        return _Read(fault="Choose a file first.")
    try:
        day = date.fromisoformat(form["date"]) if form.get("date") else None
    except ValueError:
        return _Read(fault=f"“{form['date'][:40]}” is not a day. Write it like 2025-10-30.")
    try:
        return _Read(
            read_figures(
                given.read(),
                published=day,
                source=form.get("source", "").strip()[:200] or None,
                licence=form.get("licence", "").strip()[:200] or None,
            )
        )
    except NotRecognised as error:
        return _Read(fault=str(error))
    except FiguresRefused as error:
        faults = tuple(str(one) for one in error.faults)
        return _Read(fault="Nothing was taken from this file.", faults=faults)


def _page(read: _Read, done: str = "") -> Response:
    with parts().database.read() as connection:
        kept = all_kept(connection)
    found = read.publication
    before = next((o for o in kept if found and o.figures.dataset == found.shape.dataset), None)
    return render(
        "tuning/figures.html",
        status=422 if read.fault else 200,
        kept=kept,
        read=read,
        cited=found.figures().cited if found else "",
        before=before,
        done=done,
        shown=FAULTS_SHOWN,
    )
