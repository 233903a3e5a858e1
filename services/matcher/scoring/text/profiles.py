"""What of a listing is represented, need and capability alike (stage 1)."""

from dataclasses import dataclass

from services.matcher.domain.entities import Capability, Member, Need
from services.matcher.scoring.text.kept_rows import Whose
from services.matcher.scoring.text.suggest import text_of


@dataclass(frozen=True, slots=True)
class Profile:
    """What of a listing is represented, need and capability alike."""

    text: str
    goals: tuple[int, ...]
    beneficiaries: tuple[str, ...]
    gives: tuple[str, ...]
    places: tuple[str, ...]
    placeless: bool
    offered: bool = False
    """Whether it is a capability's."""
    brings: tuple[str, ...] = ()
    """Kinds of help that a need's member brings itself."""
    requires: str = ""
    money: str = ""
    """A need's budget or a capability's terms."""
    whose: Whose = ("", "")

    @property
    def said(self) -> tuple[object, ...]:
        """All of it but where and whose it is."""
        return (self.text, self.goals, self.beneficiaries, self.gives, self.offered, self.brings,
                self.requires, self.money)  # fmt: skip


def profile_of(listing: Capability | Need, member: Member) -> Profile:
    """Places default to the member's own; a remote capability has none, on purpose."""
    text = text_of(listing)
    if isinstance(listing, Need):
        places = listing.places or member.places
        return Profile(
            text, listing.goals, listing.beneficiaries, listing.wants, places, placeless=False,
            brings=listing.offers, money=listing.budget, whose=("need", listing.id),
        )  # fmt: skip
    remote = listing.mode == "remote"
    places = () if remote else listing.delivers_in or member.places
    return Profile(
        text,
        listing.goals,
        listing.beneficiaries,
        listing.gives,
        places,
        placeless=remote,
        offered=True,
        requires=listing.requires,
        money=listing.terms,
        whose=("capability", listing.id),
    )
