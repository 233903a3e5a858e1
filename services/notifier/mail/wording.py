"""The words of an email that a coalition may choose: its opening, its closing and who signs.

What the email is about, its one button, its promises and its footer stay as the template has them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from services.notifier.domain.messages import Kind

MOST_CHARACTERS = 600
MOST_IN_SIGN_OFF = 120
_SIGN_OFF = "With best wishes,\n{coalition}"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LINK = re.compile(r"https?:|www\.|://|@|\b[\w-]+\.(?:com|org|net|uk|gov|eu|io)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wording:
    """Paragraphs separated by line ends; `{…}` are places that the letter fills."""

    opening: str
    closing: str
    sign_off: str = _SIGN_OFF


@dataclass(frozen=True, slots=True)
class Worded:
    """One email whose words can be chosen. An approach has words for each side."""

    title: str
    kind: Kind
    names: tuple[str, ...]
    wording: Wording


_STORY = ("coalition", "member", "others", "need")

#: What the words of each email are until somebody chooses others.
WORDED: Mapping[str, Worded] = MappingProxyType(
    {
        "invitation": Worded(
            "Invitation",
            Kind.INVITATION,
            ("coalition", "member"),
            Wording(
                "{coalition} brings together organisations that want fairer access to "
                "opportunity. When one has a need and another can help, we ask both, and "
                "introduce them if both say yes.",
                "If you do nothing, you stay on the list and hear nothing more from us about "
                "partnerships.",
            ),
        ),
        "approach_needs": Worded(
            "The question, to the side with the need",
            Kind.APPROACH,
            _STORY,
            Wording(
                "{coalition} knows what you are looking for, and we think {others} may be able "
                "to help.",
                "Yes, no, not now, or “I am not the right person”: any of them takes a minute.",
            ),
        ),
        "approach_brings": Worded(
            "The question, to the side that can help",
            Kind.APPROACH,
            (*_STORY, "needing"),
            Wording(
                "{coalition} knows what you can bring, and we think it is what {needing} is "
                "looking for.",
                "Yes, no, not now, or “I am not the right person”: any of them takes a minute.",
            ),
        ),
        "reminder": Worded(
            "Reminder",
            Kind.REMINDER,
            _STORY,
            Wording(
                "A little while ago we asked whether {member} would like to talk with {others} "
                "about “{need}”.",
                "A yes, a no or a “not now” all help: a no lets us look for somebody else.",
            ),
        ),
        "introduction": Worded(
            "Introduction",
            Kind.INTRODUCTION,
            ("coalition", "need"),
            Wording(
                "You have all said yes to talking about “{need}”. Here is who is who:",
                "A first talk of half an hour is enough to find out whether there is something "
                "in it. You owe each other nothing more than that.",
            ),
        ),
        "closing": Worded(
            "Closing",
            Kind.CLOSING,
            _STORY,
            Wording(
                "We had asked whether {member} would like to talk with {others} about “{need}”. "
                "That proposal is now closed, and nothing more is needed from you.",
                "Thank you for your time. We keep looking for partners for you.",
            ),
        ),
        "follow_up": Worded(
            "What came of it",
            Kind.FOLLOW_UP,
            _STORY,
            Wording(
                "Some time ago {others} and {member} were put in touch about “{need}”.",
                "Either answer helps us to make better introductions. It takes two minutes.",
            ),
        ),
        "answer_copy": Worded(
            "Copy of a recorded answer",
            Kind.ANSWER_COPY,
            _STORY,
            Wording(
                "A coordinator recorded the answer of {member} to the proposal with {others} "
                "about “{need}”:",
                "If that is right, there is nothing to do. If it is not, you can change it as "
                "long as contacts have not been exchanged.",
            ),
        ),
        "question": Worded(
            "A coordinator’s question",
            Kind.QUESTION,
            ("coalition", "member"),
            Wording(
                "A coordinator of {coalition} has a question for {member}.",
                "A sentence or two is enough.",
            ),
        ),
        "digest": Worded(
            "Summary",
            Kind.DIGEST,
            ("coalition", "member"),
            Wording(
                "This is what is open for {member} at the moment.",
                "You can change how often this summary comes, or stop it, at any time.",
            ),
        ),
        "listing_check": Worded(
            "Still true?",
            Kind.LISTING_CHECK,
            ("coalition", "member"),
            Wording(
                "Some of what you told us about {member} has not been confirmed for a while. "
                "Please have a look: is it still true?",
                "If all of it is right, one press is enough.",
            ),
        ),
        "fresh_link": Worded(
            "A link to one's own pages",
            Kind.FRESH_LINK,
            ("coalition",),
            Wording(
                "Here is the link you asked for. With it you can see and correct what your "
                "organisation offers and needs, choose which emails you get, and see what we "
                "hold about you.",
                "If you did not ask for it, there is nothing to do.",
            ),
        ),
    }
)


def faults_of(key: str, wording: Wording) -> dict[str, str]:
    """By field what cannot be sent as it is, and what to do about it."""
    faults = {}
    for field in fields(Wording):
        text = getattr(wording, field.name)
        most = MOST_IN_SIGN_OFF if field.name == "sign_off" else MOST_CHARACTERS
        fault = fault_in(text, most, WORDED[key].names)
        if fault is not None:
            faults[field.name] = fault
    return faults


def fault_in(text: str, most: int, names: tuple[str, ...] = ()) -> str | None:
    """What stands against a text that people write into an email, in words; None when nothing."""
    if not text.strip():
        return "This is empty. Write something, or go back to the standard words."
    if len(text) > most:
        return f"This has {len(text)} characters; the most is {most}. Shorten it."
    if any(not char.isprintable() and char != "\n" for char in text):
        return "This holds a character that cannot be printed. Type it again without it."
    if "<" in text or ">" in text:
        return "This holds < or >. Emails are plain words here; leave them out."
    if _LINK.search(text):
        return "This holds a link or an address. The email has its own button; leave it out."
    return _fault_in_places(text, names)


def _fault_in_places(text: str, names: tuple[str, ...]) -> str | None:
    known = ", ".join(f"{{{name}}}" for name in names) or "none"
    for name in _PLACEHOLDER.findall(text):
        if name not in names:
            return f"{{{name}}} is not filled in by this email. It knows: {known}."
    rest = _PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        return f"A curly bracket stands alone. Places to fill are written {{like_this}}: {known}."
    return None


def filled(text: str, names: Mapping[str, str]) -> str:
    """`text` with its places filled; a paragraph that begins with one begins with a capital."""
    paragraphs = []
    for paragraph in text.replace("\r\n", "\n").split("\n"):
        words = _PLACEHOLDER.sub(lambda found: names.get(found[1], found[0]), paragraph.strip())
        paragraphs.append(words[:1].upper() + words[1:])
    return "\n".join(paragraphs)
