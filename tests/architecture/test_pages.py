"""Templates keep the promises of the pages: nothing inline, nothing from another host, one h1."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, relative

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)
ELSEWHERE = re.compile(
    r"<(?:script|link|img|iframe|form)\b[^>]*\b(?:src|href|action)=.https?:", re.IGNORECASE
)
MACRO = re.compile(r"{%-?\s*macro (\w+)\(.*?endmacro", re.DOTALL)
POST_FORM = re.compile(r"<form\b[^>]*method=.post.*?</form>", re.IGNORECASE | re.DOTALL)


def page_templates() -> list[Path]:
    """Templates of pages; those of emails are another matter."""
    found = [p for folder in ("services", "shared") for p in (ROOT / folder).rglob("*.html")]
    return sorted(path for path in found if "mail" not in path.parts)


def macros_with_token() -> set[str]:
    """Names of our own macros that write the token into a form."""
    texts = (path.read_text() for path in page_templates())
    return {m[1] for text in texts for m in MACRO.finditer(text) if "csrf_token()" in m[0]}


def faults_of(template: str) -> list[str]:
    signs = {"csrf_token", "hidden_tag", "render_form", *macros_with_token()}
    faults = [found[0].strip() for found in INLINE.finditer(template)]
    faults += [found[0] for found in ELSEWHERE.finditer(template)]
    for form in POST_FORM.finditer(template):
        if not any(f"{sign}(" in form[0] for sign in signs):
            faults.append(f"a form without csrf_token: {form[0][:80]}")
    return faults


@pytest.mark.parametrize("path", page_templates(), ids=relative)
def test_a_template_is_clean(path: Path) -> None:
    assert faults_of(path.read_text()) == []


def test_there_are_templates() -> None:
    assert len(page_templates()) >= 2


@pytest.mark.parametrize(
    "planted",
    [
        "<p style='color: red'>",
        "<script>alert(1)</script>",
        "<button onclick='x()'>",
        "<style>p {}</style>",
        "<img src='https://cdn.example/x.png'>",
        "<form method='post'><button>Yes</button></form>",
        "<a href='javascript:x'>",
    ],
)
def test_a_planted_fault_is_noticed(planted: str) -> None:
    assert len(faults_of(planted)) >= 1


def test_pages_that_extend_the_base_add_no_heading_of_their_own() -> None:
    found = [
        relative(path)
        for path in page_templates()
        if "{% extends" in (text := path.read_text())
        and "block content" in text
        and len(re.findall(r"<h1\b", text)) > 0
        and path.name != "base.html"
    ]
    assert found == []
