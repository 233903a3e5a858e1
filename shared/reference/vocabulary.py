"""The fixed lists of words of the coalition file, each an id for machines and a label for people.

SECTORS.parse("Local government")   # "local_government"
GIVES.label("training_places")      # "Training places"
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from shared.reference.place import quoted

_SEPARATORS = re.compile(r"[\s_\-‐‑–/&,.'’]+|\band\b")
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Term:
    """One allowed value; `also` are other ways people write it."""

    id: str
    label: str
    also: tuple[str, ...] = ()


class UnknownTerm(LookupError):
    """A value outside its list; `allowed` are the ids that would be right."""

    def __init__(self, text: str, vocabulary: "Vocabulary") -> None:
        self.text = text
        self.allowed = vocabulary.ids
        close = vocabulary.closest(text)
        meant = f" Did you mean {close}?" if close else ""
        listed = ", ".join(self.allowed)
        super().__init__(f"{quoted(text)} is no {vocabulary.noun}.{meant} Write one of: {listed}.")


class Vocabulary:
    """An ordered list of terms; immutable."""

    def __init__(self, noun: str, terms: Sequence[Term]) -> None:
        self.noun = noun
        self.terms = tuple(terms)
        self.ids = tuple(term.id for term in self.terms)
        self._labels = MappingProxyType({term.id: term.label for term in self.terms})
        spellings: dict[str, str] = {}
        for term in self.terms:
            for spelling in (term.id, term.label, *term.also):
                spellings[_key(spelling)] = term.id
        self._spellings = MappingProxyType(spellings)

    def __contains__(self, term_id: object) -> bool:
        return term_id in self._labels

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def label(self, term_id: str) -> str:
        """What people are shown; `UnknownTerm` for anything but an id."""
        if term_id not in self._labels:
            raise UnknownTerm(term_id, self)
        return self._labels[term_id]

    def parse(self, text: str) -> str:
        """The id meant by an id or a label, however capitals, spaces and hyphens fall."""
        found = self._spellings.get(_key(text))
        if found is None:
            raise UnknownTerm(text, self)
        return found

    def closest(self, text: str) -> str | None:
        """The id whose spelling is nearest, or None if nothing is near."""
        near = difflib.get_close_matches(_key(text), self._spellings, n=1, cutoff=0.7)
        return self._spellings[near[0]] if near else None


def _key(text: str) -> str:
    return _SEPARATORS.sub("", text[:_LONGEST_TEXT].casefold())


SECTORS = Vocabulary(
    "sector",
    (
        Term("local_government", "Local government", ("council", "councils", "local authority")),
        Term("health", "Health", ("NHS", "NHS trust", "healthcare")),
        Term("higher_education", "Higher education", ("university", "universities", "HE")),
        Term("further_education", "Further education", ("college", "colleges", "FE")),
        Term("schools", "Schools", ("school", "academy trust", "multi-academy trust")),
        Term("business", "Business", ("businesses", "company", "private sector")),
        Term("public_body", "Public body", ("broadcaster", "regulator", "public bodies")),
        Term("charity", "Charity", ("charities", "voluntary sector", "VCSE")),
        Term("housing", "Housing", ("housing association", "registered provider")),
        Term("professional_body", "Professional body", ("professional bodies",)),
    ),
)
# Sectors whose members are mainly paid from public money: in a pre-election period a match with
# one of them carries a warning.
PUBLICLY_FUNDED_SECTORS = frozenset(
    {
        "local_government",
        "health",
        "higher_education",
        "further_education",
        "schools",
        "public_body",
    }
)
COALITIONS = Vocabulary(
    "coalition",
    (
        Term("business", "Business", ("businesses",)),
        Term("universities", "Universities", ("university",)),
        Term("councils", "Councils", ("council", "local government")),
        Term("health", "Health", ("NHS",)),
        Term("equality", "Equality"),
    ),
)
BENEFICIARIES = Vocabulary(
    "group of beneficiaries",
    (
        Term("early_years", "Children before school", ("under fives", "pre-school")),
        Term("school_age", "School-age children", ("pupils", "school children")),
        Term("post_16", "Young people after 16", ("16 plus", "16+", "young people")),
        Term("adults", "Adults", ("adult",)),
        Term("older_people", "Older people", ("pensioners", "elderly")),
        Term("families", "Families", ("family", "parents")),
        Term("job_seekers", "People looking for work", ("jobseekers", "unemployed")),
        Term("employees", "People in work", ("employee", "staff", "workers")),
        Term("carers", "Carers", ("carer", "unpaid carers")),
        Term("people_with_disabilities", "Disabled people", ("disability",)),
        Term("care_leavers", "Care leavers", ("care leaver", "care experienced")),
        Term("small_businesses", "Small businesses", ("small business", "SME", "SMEs")),
        Term("patients", "Patients", ("patient",)),
        Term("residents", "Residents", ("everyone", "general public")),
    ),
)
GIVES = Vocabulary(
    "kind of help",
    (
        Term("expertise", "Expertise", ("advice", "knowledge")),
        Term("venue", "Venue", ("venues", "space", "premises")),
        Term("reach", "Reach to an audience", ("audience", "communications")),
        Term("funding", "Funding", ("money", "grant", "grants")),
        Term("workforce", "People's time", ("volunteers", "staff time")),
        Term("equipment", "Equipment", ("devices", "kit")),
        Term("training_places", "Training places", ("training", "apprenticeships")),
        Term("jobs", "Jobs", ("job", "vacancies")),
    ),
)
MODES = Vocabulary(
    "way of delivering",
    (
        Term("in_person", "In person", ("face to face", "on site")),
        Term("remote", "Remotely", ("online", "virtual")),
        Term("either", "In person or remotely", ("both", "hybrid", "any")),
    ),
)
TERMS = Vocabulary(
    "kind of terms",
    (
        Term("free", "Free of charge", ("no cost",)),
        Term("in_kind", "In kind"),
        Term("shared_cost", "Costs are shared", ("shared costs", "cost sharing")),
        Term("funded", "Already funded", ("grant funded",)),
        Term("paid", "Paid for", ("commercial",)),
    ),
)
BUDGET = Vocabulary(
    "kind of budget",
    (
        Term("none", "No budget", ("no", "zero", "nil")),
        Term("some", "Some budget", ("yes",)),
        Term("to_be_found", "Budget to be found", ("tbc", "tbd")),
    ),
)
URGENCY = Vocabulary(
    "urgency",
    (
        Term("low", "Low"),
        Term("medium", "Medium", ("normal",)),
        Term("high", "High", ("urgent",)),
    ),
)
VOCABULARIES = MappingProxyType(
    {
        "sectors": SECTORS,
        "coalitions": COALITIONS,
        "beneficiaries": BENEFICIARIES,
        "gives": GIVES,
        "modes": MODES,
        "terms": TERMS,
        "budget": BUDGET,
        "urgency": URGENCY,
    }
)


def is_publicly_funded(sector: str) -> bool:
    """Whether members of the sector are mainly paid from public money."""
    return sector in PUBLICLY_FUNDED_SECTORS
