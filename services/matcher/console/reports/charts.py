"""Charts of tables, drawn on the server as SVG pictures (decision 0166).

A picture is shown as `<img>`, where nothing in it can run or load; opened alone it comes with a
policy that allows its one style sheet by its hash, and nothing else.
"""

import base64
import hashlib
import re
from html import unescape
from xml.etree import ElementTree as ET

from flask import Response, current_app

from services.matcher.console.reports.drawing import Bar, HorizontalBar, Style
from services.matcher.console.reports.tables import Cell, Table

WIDTH = 760
_ROW_HEIGHT = 22
_MOST_DRAWN = 15
_LABEL_CHARACTERS = 34
_COLOURS = ("#0b5f58", "#d08a1d", "#5b4b8a")  # apart in brightness too, so also without colour
_STYLE_ELEMENT = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_INK = "#1d2a28"
_MONTH = re.compile(r"^([A-Z][a-z]{2})[a-z]* ([0-9]{4})$")
_STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground=_INK,
    foreground_strong=_INK,
    foreground_subtle="#5c6967",
    colors=_COLOURS,
    opacity="1",
    opacity_hover="1",
    transition="0s",
    font_family="Helvetica, Arial, sans-serif",
    label_font_size=12,
    major_label_font_size=12,
    legend_font_size=13,
    value_font_size=11,
    no_data_font_size=16,
)


def draw(table: Table) -> Response:
    picture = chart_of(table)
    response = current_app.response_class(picture, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = policy_of(picture)
    return response


def policy_of(picture: str) -> str:
    """What the picture may do when it is opened by itself: use its own style sheets."""
    sheets = _STYLE_ELEMENT.findall(picture)
    hashes = (hashlib.sha256(unescape(sheet).encode()).digest() for sheet in sheets)
    allowed = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in hashes)
    return f"default-src 'none'; style-src {allowed}; frame-ancestors 'none'"


def chart_of(table: Table) -> str:
    rows = [row for row in table.rows if row[0]]
    across = table.shape == "across"
    if across:
        rows = [row for row in rows if any(row[column] for column in table.drawn)][:_MOST_DRAWN]
    kind = HorizontalBar if across else Bar
    height = 90 + _ROW_HEIGHT * len(table.drawn) * max(1, len(rows)) if across else 300
    chart = kind(
        style=_STYLE,
        js=(),
        width=WIDTH,
        height=height,
        explicit_size=True,
        show_legend=len(table.drawn) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(table.drawn),
        legend_box_size=12,
        truncate_label=_LABEL_CHARACTERS,
        truncate_legend=-1,
        x_label_rotation=0 if across or len(rows) <= 6 else 35,
        show_y_guides=True,
        margin=8,
        no_data_text="Nothing to draw",
        max_scale=8,
        include_x_axis=True,
        formatter=_said,
        value_formatter=_said,
    )
    if across:
        rows = rows[::-1]  # the first row is at the top
    chart.x_labels = [_short(str(row[0])) for row in rows]
    for column in table.drawn:
        chart.add(table.header[column], [_drawn(table, column, row[column]) for row in rows])
    chart.add_xml_filter(_still)
    return str(chart.render(is_unicode=True))


def _still(root: ET.Element) -> ET.Element:
    """Without the settings that are written down for the library's script, and the hidden tooltip
    that it would show.
    """
    for parent in list(root.iter()):
        for child in list(parent):
            if str(child.tag).endswith("script") or "style" in child.attrib:
                parent.remove(child)
    return root


def _drawn(table: Table, column: int, cell: Cell) -> float:
    value = float(cell) if isinstance(cell, int | float) else 0.0
    return round(value * 100, 1) if column in table.shares else value


def _short(label: str) -> str:
    """`Nov 2026` of `November 2026`; other labels as they are."""
    return _MONTH.sub(r"\1 \2", label)


def _said(value: object) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) else ""
