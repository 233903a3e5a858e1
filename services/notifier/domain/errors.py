"""Refusals of the notifier, named by what the caller has to know or do."""


class NotifierError(Exception):
    """Something was refused; the message says what, with which value, and what to do."""


class InvalidMove(NotifierError):
    """A message or match is not in a state that allows this step."""

    def __init__(self, what: str, state: str, move: str) -> None:
        super().__init__(f"{what} is {state!r} and cannot become {move!r}; reload and try again")
        self.state = state
        self.move = move


class MatchUnknown(NotifierError):
    """The notifier has not heard of this match; its events may still be on their way."""


class NotAParty(NotifierError):
    """The member is not among the parties that were asked."""


class Closed(NotifierError):
    """The question is closed; for whatever cause, the answer page says the same."""


class OnHold(NotifierError):
    """The match is on hold: no mail and no answers until it is released."""


class AlreadyExchanged(NotifierError):
    """Contacts have been exchanged, so the answer can no longer change."""


class TextChanged(NotifierError):
    """The text the person answered to is not the text that stands now; show it again."""


class PassedOnTooOften(NotifierError):
    """The question has been passed on as often as we allow; a coordinator has to look."""


class NothingToUndo(NotifierError):
    """There is no answer that could be undone."""


class WordingRefused(NotifierError):
    """Words that a coordinator may not put into an email; `field` is where they are."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class AlreadySent(NotifierError):
    """The email has left, or is leaving now; its words cannot change any more."""


class WordingChanged(NotifierError):
    """Somebody else saved other words meanwhile; look at them before saving."""


class QuestionOpen(NotifierError):
    """The member was asked something about this match and has not answered yet."""


class QuestionUnknown(NotifierError):
    """No question has this id."""


class ComplaintUnknown(NotifierError):
    """No complaint has this id."""


class ComplaintMoved(NotifierError):
    """The complaint is not where this step begins; look at it again."""


class RecipientRefused(NotifierError):
    """The address cannot be mailed; it has to be corrected in the registry."""
