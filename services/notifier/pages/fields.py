"""Reading the fields of our forms: short texts, dates, numbers, each with what would be right."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from email_validator import EmailNotValidError, validate_email

_BLANKS = re.compile(r"\s+")


@dataclass(slots=True)
class Fields:
    """The form as sent, and what is wrong with it so far, by field."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, *, most: int, needed: str | None = None, lines: bool = False) -> str:
        """A text of at most `most` characters; `needed` is what to say when it is empty."""
        value = self.values.get(name, "").replace("\r\n", "\n").strip()
        if not lines:
            value = _BLANKS.sub(" ", value)
        if len(value) > most:
            self.errors[name] = f"This has {len(value)} characters; please keep it to {most}."
        elif not value and needed is not None:
            self.errors[name] = needed
        return value

    def one_of(self, name: str, allowed: Mapping[str, str], needed: str) -> str | None:
        value = self.values.get(name, "")
        if value in allowed:
            return value
        self.errors[name] = needed
        return None

    def day(self, name: str, today: date, *, most_days: int, default: date) -> date:
        """A day after today; the default when the field was left empty."""
        value = self.values.get(name, "").strip()
        if not value:
            return default
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.errors[name] = "Please give a date such as 2027-03-31."
            return default
        if not today < day <= today + timedelta(days=most_days):
            self.errors[name] = f"Please give a date after today, within {most_days} days."
        return day

    def email(self, name: str) -> str:
        value = self.values.get(name, "").strip()
        try:
            return validate_email(value, check_deliverability=False).normalized
        except EmailNotValidError:
            self.errors[name] = "Please give an email address such as jo@example.org."
            return value

    def number(self, name: str) -> float | None:
        """A finite number of at least 0; None when left empty."""
        value = self.values.get(name, "").strip().replace(",", "")
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or not 0 <= number <= 1e12:
            self.errors[name] = "Please give a number such as 40."
            return None
        return number
