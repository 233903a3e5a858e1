"""What three parties are told: who does what, who writes first, and a yes to be confirmed."""

from services.notifier.contents import introduced
from services.notifier.domain.contacts import Contact
from services.notifier.domain.matches import Match, match_from
from services.notifier.domain.story import tell


def three(**changes: object) -> Match:
    state = {
        "match_id": "m",
        "state": "asked",
        "parties": [
            {"member_id": "a", "name": "Council", "role": "needs", "listing_id": "n"},
            {"member_id": "b", "name": "Fund", "role": "brings", "listing_id": "f"},
            {
                "member_id": "c",
                "name": "Radio",
                "role": "brings",
                "listing_id": "r",
                "said_yes_before": True,
            },
        ],
        "need": {"title": "Reading"},
        "capabilities": [
            {"member_id": "b", "title": "Money"},
            {"member_id": "c", "title": "Airtime"},
        ],
        "reasons": [
            {"feature": "role", "contribution": 0.0, "text": "Fund brings funding."},
            {"feature": "parties", "contribution": -0.2, "text": "All three have to say yes."},
            {"feature": "goals", "contribution": 0.2, "text": "Fund: both serve goal 1."},
        ],
        **changes,
    }
    return match_from(state)


def test_each_reads_all_roles_and_only_what_speaks_for_it() -> None:
    story = tell(three(), "b")
    assert story.others == "Council and Radio"
    assert story.together == "Council, Radio and Fund"
    assert story.roles == ("Fund brings funding.",)
    assert story.why == ("Fund: both serve goal 1.",)
    assert [offer.title for offer in story.offers] == ["Money", "Airtime"]


def test_only_who_said_yes_before_is_asked_to_confirm() -> None:
    assert [tell(three(), one).confirms for one in "abc"] == [False, False, True]


def test_the_needing_side_convenes_unless_another_is_named() -> None:
    assert three().convenes.name == "Council"
    assert three(convenes="c").convenes.name == "Radio"
    assert three(convenes="stranger").convenes.name == "Council"


def test_the_text_of_a_pair_keeps_the_hash_it_had_before_there_were_consortia() -> None:
    shown = tell(three(reasons=[], convenes=None), "a").shown()
    assert not {"roles", "confirms"} & set(shown)
    assert "roles" in tell(three(), "a").shown()


def test_who_convenes_writes_first_though_another_has_its_name() -> None:
    parties = [
        {"member_id": "a", "name": "Youth Trust", "role": "needs", "listing_id": "n"},
        {"member_id": "b", "name": "Fund", "role": "brings", "listing_id": "f"},
        {"member_id": "c", "name": "Youth Trust", "role": "brings", "listing_id": "r"},
    ]
    people = [Contact(f"contact-{one}", one, f"{one}@example.org") for one in "abc"]
    told = introduced(three(parties=parties, convenes="c"), people)
    assert told["first"]["email"] == "c@example.org"
    assert introduced(three(parties=parties), people)["first"]["email"] == "a@example.org"
    assert introduced(three(), people[1:])["first"]["email"] == "b@example.org"
