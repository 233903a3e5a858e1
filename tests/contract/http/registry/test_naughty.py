"""Texts that break programs: every one is either kept as it is or refused with a reason."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.http.registry.callers import Api

NASTY = [
    "undefined",
    "null",
    "NULL",
    "nil",
    "true",
    "0",
    "-1",
    "1e1000",
    "NaN",
    "Infinity",
    "0x0",
    "1/0",
    "١٢٣",
    "ⅷ",
    ",./;'[]\\-=",
    '<>?:"{}|_+',
    "!@#$%^&*()`~",
    "\u0001\u0002\u0003\u001f\u007f",
    "\u0080\u0081\u009f",
    "\ufeff",
    "\ufffe",
    "\u200b\u180e\u2060",
    "Ω≈ç√∫˜µ≤≥÷",
    "田中さんにあげて下さい",
    "사회과학원 어학연구소",
    "表ポあA鷗ŒéＢ逍Üßªąñ丂㐀𠀀",
    "Ⱥ",
    "😍",
    "👩🏽",
    "🇺🇸🇷🇺🇸",
    "🏳️‍🌈" * 50,
    "הָיְתָהtestالصفحات",
    "\u202a\u202atest\u202a",
    "\u202eevil\u202c",
    "\u2066isolate\u2069",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "a" + "\u0301" * 200,
    "˙ɐnbᴉlɐ ɐuƃɐɯ ǝɹolop",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}{% debug %}${7*7}#{7*7}",
    "%s%n%d%x",
    "%00",
    "../../../etc/passwd",
    "..\\..\\windows",
    "C:/AUX",
    "CON",
    "1;DROP TABLE members",
    "1'; DROP TABLE members-- 1",
    "' OR 1=1 -- 1",
    "%",
    "_",
    "\\",
    "=1+1",
    "@SUM(1+1)",
    "-cmd|' /C calc'!A0",
    "$(touch x)",
    "`ls`",
    "X\r\nBcc: a",
    "=?utf-8?q?x=0aBcc=3a_e?=",
    "İi̇ıI",
    "ß" * 150,
    "ﬁ" * 150,
    "﷽" * 50,
    "\t\ttabs\t",
    "line one\nline two",
    "line\u2028separator\u2029",
    "'" * 200,
    '"' * 200,
    "\\u0000",
    "\u0000",
    "a\u0000b",
    "\ud800",
    "   ",
    "",
    "x" * 1_000,
    "x" * 100_000,
]


def test_every_nasty_text_in_a_need_is_kept_or_refused(api: Api) -> None:
    api.a_member()
    kept = refused = 0
    for number, text in enumerate(NASTY):
        body = {
            "id": f"n{number}",
            "member": "essex",
            "title": text,
            "description": text,
            "locality": {"text": text},
        }
        answer = api.coordinator.post("/v1/needs", body)
        assert answer.status_code in (201, 400, 413, 422), (text, answer.text)
        if answer.status_code == 201:
            kept += 1
            shown = api.coordinator.get(f"/v1/needs/n{number}").json
            assert "\n" not in shown["title"]
            wanted = unicodedata.normalize("NFC", text.strip()).replace("\r\n", "\n")
            assert shown["description"] == wanted
        else:
            refused += 1
            assert answer.json["detail"]
            assert answer.status_code == 413 or answer.json["errors"][0]["message"]
    assert kept > 50
    assert refused > 5


def test_every_nasty_text_in_every_other_place_is_answered_in_words(api: Api) -> None:
    api.a_member()
    caller = api.coordinator
    for text in NASTY[::2]:
        answers = [
            caller.post("/v1/members", {"id": text, "name": text, "sector": text}),
            caller.post("/v1/members", {"name": text, "sector": "charity", "places": [text]}),
            caller.post("/v1/members", {"name": "A", "sector": "charity", text: text}),
            caller.post(
                "/v1/members", {"name": "A", "sector": "charity", "identifiers": {text: text}}
            ),
            caller.post("/v1/members/essex/contacts", {"email": text, "name": text}),
            caller.put("/v1/members/essex/conflicts", {"conflicts": [{"member": text}]}, 0),
        ]
        for answer in answers:
            assert answer.status_code < 500, (text, answer.text)
            if answer.status_code >= 400:
                assert answer.json["detail"], text


@pytest.mark.parametrize("path", ["/v1/members", "/v1/needs"])
def test_every_nasty_text_in_a_query_is_answered_in_words(api: Api, path: str) -> None:
    client, headers = api.app.test_client(), api.coordinator.headers
    for text in NASTY[::2]:
        try:
            text.encode()
        except UnicodeEncodeError:
            continue
        for name in ("q", "after", "place", "status", "limit"):
            answer = client.get(path, query_string={name: text[:2_000]}, headers=headers)
            assert answer.status_code in (200, 400, 422), (name, text, answer.text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ["title", "description", "goals", "places", "wants", "partners", "units", "by", "evidence"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from([*FIELDS, "member", "id", "status"]), JSON_VALUES))
def test_no_json_at_all_is_answered_by_a_bug(api: Api, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode("utf-8", "surrogatepass")
    answer = api.app.test_client().post(
        "/v1/needs",
        data=raw,
        content_type="application/json",
        headers=api.coordinator.headers,
    )
    assert answer.status_code in (201, 400, 409, 422), answer.get_data(as_text=True)
