"""An invented match and its people, to show every email before there is a real one."""

from collections.abc import Mapping
from typing import Any

from services.notifier.domain.contacts import Contact
from services.notifier.domain.matches import Match, match_from

COUNCIL, BROADCASTER = "northshire-council", "lantern-media"
_MEMBERS = {COUNCIL: "Northshire Council", BROADCASTER: "Lantern Media"}


def sample_match() -> Match:
    """A council that wants young children to be read to, and a broadcaster with stories."""
    return match_from(
        {
            "match_id": "sample",
            "state": "asked",
            "parties": [
                _party(COUNCIL, "needs", "reading-before-school"),
                _party(BROADCASTER, "brings", "first-stories"),
            ],
            "need": {
                "title": "Too few children start school ready to read",
                "description": "In four wards by the coast one child in three starts school "
                "without the words it needs. We have rooms, nursery staff and families who want "
                "to take part, and look for stories and training.",
                "place_names": ["Northshire"],
                "offers": ["venue", "reach"],
            },
            "capabilities": [
                {
                    "member_id": BROADCASTER,
                    "title": "First stories: songs and tales for under-fives",
                    "description": "Recorded stories, and half a day of training for people who "
                    "read to groups of children.",
                    "gives": ["expertise", "training_places"],
                    "mode": "either",
                    "terms": "free",
                    "requires": "A local partner with rooms",
                }
            ],
            "reasons": [
                {"feature": "goals", "contribution": 0.3, "text": "both work on early years"},
                {"feature": "place", "contribution": 0.2, "text": "it works in Northshire"},
            ],
        }
    )


def sample_people(match: Match) -> list[Contact]:
    """Somebody for each party; nobody of these exists."""
    names = {COUNCIL: ("Sam Taylor", "Early years lead"), BROADCASTER: ("Ash Khan", "Producer")}
    return [
        Contact(f"sample-{one.member_id}", one.member_id, f"someone@{one.member_id}.example",
                *names.get(one.member_id, ("", "")))
        for one in match.parties
    ]  # fmt: skip


_NEED_TITLE = "Too few children start school ready to read"


def sample_extra(member: str) -> Mapping[str, Any]:
    """What only some kinds say; a template takes what it asks for."""
    return {
        "member": member,
        "answer_words": "Not now",
        "said_by": "Sam Taylor",
        "how": "telephone",
        "about": "Rooms for training in every town",
        "question": "Could you start in January, and with how many groups?",
        "summary": "2 things wait for you",
        "sections": [
            {
                "title": "Waiting for your answer",
                "entries": [
                    {
                        "need": _NEED_TITLE,
                        "said": "With Lantern Media. An answer by Monday 14 December 2026 "
                        "would help.",
                        "url": "{answer_url}",
                    }
                ],
            },
            {
                "title": "What came of it?",
                "entries": [
                    {
                        "need": "Places for apprentices in green building",
                        "said": "With Harbour Homes, introduced in October.",
                        "url": "{outcome_url}",
                    }
                ],
            },
        ],
        "single": None,
        "offers": [{"title": "Rooms for training in every town", "said": "Never confirmed."}],
        "needs": [{"title": _NEED_TITLE, "said": "Last confirmed 3 May 2026. Please confirm."}],
        "more": 0,
        "link_days": 60,
    }


def _party(member_id: str, role: str, listing_id: str) -> dict[str, Any]:
    name = _MEMBERS[member_id]
    return {"member_id": member_id, "name": name, "role": role, "listing_id": listing_id}
