"""Draws docs/pictures/walk.svg: one partnership from a published need to what came of it."""

from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

OUT = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "walk.svg"
WIDTH, HEIGHT = 1010, 400
BOX_WIDTH, BOX_HEIGHT, COLUMN = 100, 54, 111
FONT = "font-family='system-ui, sans-serif'"
INK = "#1d3d5c"
LANES = {"Registry": 30, "Matcher": 148, "Notifier": 266}
# lane, column, words; each step hands on to the next. Green: the event that crosses.
STEPS = (
    ("Registry", 0, "need\npublished"),
    ("Matcher", 1, "rules and\nscores"),
    ("Matcher", 2, "proposal\nwith reasons"),
    ("Matcher", 3, "review"),
    ("Notifier", 4, "both sides\nasked"),
    ("Notifier", 5, "answers"),
    ("Matcher", 5, "agreed"),
    ("Notifier", 6, "introduction"),
    ("Notifier", 7, "outcome"),
    ("Matcher", 7, "learning"),
)
CROSSINGS = {
    ("Registry", "Matcher"): "need.published",
    ("Matcher", "Notifier"): "match.approved",
    ("Notifier", "Matcher"): "answer.accepted",
}


def place(lane: str, column: int) -> tuple[int, int]:
    return 108 + column * COLUMN, LANES[lane] + 18


def box(lane: str, column: int, words: str) -> str:
    x, y = place(lane, column)
    lines = words.split("\n")
    top = y + 31 - 8 * (len(lines) - 1)
    spans = "".join(
        f"<tspan x='{x + BOX_WIDTH // 2}' y='{top + 16 * number}'>{escape(line)}</tspan>"
        for number, line in enumerate(lines)
    )
    return (
        f"<rect x='{x}' y='{y}' width='{BOX_WIDTH}' height='{BOX_HEIGHT}' rx='8' fill='#fff' "
        f"stroke='{INK}'/><text {FONT} font-size='13' text-anchor='middle' fill='#10263b'>"
        f"{spans}</text>"
    )


def arrow(start: tuple[str, int], end: tuple[str, int]) -> str:
    x1, y1 = place(*start)
    x2, y2 = place(*end)
    if start[0] == end[0]:
        path = f"M{x1 + BOX_WIDTH} {y1 + 27} L{x2 - 2} {y2 + 27}"
    elif start[1] == end[1]:
        down = y2 > y1
        path = f"M{x1 + 50} {y1 + (BOX_HEIGHT if down else 0)} L{x2 + 50} " + (
            f"{y2 - 2}" if down else f"{y2 + BOX_HEIGHT + 2}"
        )
    else:
        down = y2 > y1
        edge = y2 - 2 if down else y2 + BOX_HEIGHT + 2
        path = f"M{x1 + BOX_WIDTH} {y1 + 27} L{x2 + 50} {y1 + 27} L{x2 + 50} {edge}"
    return (
        f"<path d='{path}' stroke='{INK}' stroke-width='1.6' fill='none' marker-end='url(#tip)'/>"
    )


def crossing(start: tuple[str, int], end: tuple[str, int], words: str) -> str:
    x = place(*end)[0] + 56
    y = (place(*start)[1] + place(*end)[1]) // 2 + 31
    return f"<text {FONT} font-size='12' font-style='italic' x='{x}' y='{y}' fill='#2b6a45'>{words}</text>"


def drawing() -> str:
    parts = []
    for name, y in LANES.items():
        parts.append(
            f"<rect x='8' y='{y}' width='{WIDTH - 16}' height='90' rx='10' fill='#f1f5f8'/>"
        )
        parts.append(
            f"<text {FONT} font-size='15' font-weight='600' x='22' y='{y + 50}' fill='#10263b'>"
            f"{name}</text>"
        )
    said = dict(CROSSINGS)
    for (lane, column, _), (next_lane, next_column, _) in pairwise(STEPS):
        start, end = (lane, column), (next_lane, next_column)
        parts.append(arrow(start, end))
        words = said.pop((lane, next_lane), None)
        if words:
            parts.append(crossing(start, end, words))
    parts += [box(*step) for step in STEPS]
    parts.append(
        f"<text {FONT} font-size='13' x='22' y='384' fill='#10263b'>What crosses from one service to "
        "another is an event on the bus (Kafka, or the embedded log); other services read the same "
        "events.</text>"
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' role='img' "
        "aria-label='From a published need to an introduction and what came of it'>"
        "<defs><marker id='tip' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='7' "
        f"markerHeight='7' orient='auto'><path d='M0 0 L10 5 L0 10 z' fill='{INK}'/></marker></defs>"
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='#fff'/>{''.join(parts)}</svg>\n"
    )


if __name__ == "__main__":
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(drawing())
