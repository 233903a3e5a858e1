"""How uneven the fairness ledger finds what was proposed."""

from services.matcher.rounds.fairness import Ledger, Line


def test_members_are_compared_by_what_they_were_proposed_for() -> None:
    council = Line("council", "Council", needs=9, proposals=9)
    suppliers = [Line(name, name, brought=3) for name in ("bbc", "bp", "ukpn")]
    assert Ledger([council, *suppliers], []).spread == 0.0
    assert Ledger([council, *suppliers, Line("nhs", "NHS", brought=30)], []).spread > 0.4


def test_places_are_compared_by_the_proposals_of_their_needs() -> None:
    even = [Line(code, code, needs=1, proposals=2) for code in "abc"]
    assert Ledger(even, []).spread == 0.0
    assert Ledger([*even, Line("d", "d", needs=4)], []).spread > 0.2
