"""Settings of the notifier, on top of those every process shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.notifier.domain.calendar import OfficeHours, office_hours
from services.notifier.domain.schedule import Pace
from services.notifier.mail.smtp import server_from
from shared.settings import Settings, setting

_OFFICE_HOURS = "08:00-18:00"


@dataclass(frozen=True, kw_only=True)
class NotifierSettings(Settings):
    """What decides when and how mail leaves."""

    mail_allow: tuple[str, ...] = setting(
        (),
        help="Outside production, recipients that may be mailed through another server than the "
        "local mailbox: addresses or @domains, separated by commas.",
    )
    mailbox_url: str = setting(
        "smtp://127.0.0.1:8026",
        help="Where the local mailbox is reached: outside production, mail to recipients that are "
        "not in CONVENE_MAIL_ALLOW goes there whatever CONVENE_SMTP_URL says.",
    )
    mailbox_smtp: str = setting(
        "127.0.0.1:8026", help="host:port on which the local mailbox takes mail."
    )
    mailbox_web: str = setting(
        "127.0.0.1:8025", help="host:port on which the local mailbox shows its page."
    )
    mailbox_folder: Path = setting(
        Path("var/mailbox"), help="Folder in which the local mailbox keeps what it received."
    )
    smtp_timeout_seconds: float = setting(
        20.0,
        minimum=1,
        maximum=40,
        help="Longest wait for one answer of the mail server before the final dot.",
    )
    smtp_dot_timeout_seconds: float = setting(
        50.0,
        minimum=1,
        maximum=60,
        help="Longest wait for the mail server's answer to the final dot.",
    )
    mail_retry_ambiguous: bool = setting(
        True,
        help="When a connection drops after the final dot: true retries once with the same bytes "
        "after 15 minutes, false holds the email for a coordinator.",
    )
    mail_give_up_hours: float = setting(
        96.0, minimum=1, help="How long an email is retried before it counts as undeliverable."
    )
    mail_cap_per_day: int = setting(
        20,
        minimum=1,
        help="Most proposals, reminders, follow-ups and invitations a member gets in 24 hours.",
    )
    reminder_days: tuple[str, ...] = setting(
        ("5", "12"), help="Days after asking on which who has not answered is reminded."
    )
    follow_up_days: tuple[str, ...] = setting(
        ("30", "90", "180"), help="Days after an introduction on which we ask what came of it."
    )
    answer_days: int = setting(
        21, minimum=1, help="Days within which an answer is asked for, as the approach says."
    )
    link_days: int = setting(
        60,
        minimum=1,
        help="Days for which a link to a member's own pages works. Then the page offers a new one.",
    )
    mail_hours: str = setting(
        "",
        help="Hours, Monday to Friday and London time, between which mail that nobody waits for "
        "leaves: 08:00-18:00. Unset: 08:00-18:00 in production, any hour elsewhere.",
    )
    listing_check_days: int = setting(
        28,
        minimum=1,
        help="Fewest days between two emails that ask a member whether its listings are true.",
    )
    listing_reminder_days: int = setting(
        14, minimum=1, help="Days after which an unanswered check of listings is repeated once."
    )
    dkim_domain: str | None = setting(
        None, help="Domain whose DKIM key signs the mail. Unset: mail is not signed."
    )
    dkim_selector: str = setting("convene", help="Selector of the DKIM key.")
    dkim_key: str | None = setting(
        None, secret=True, help="Private DKIM key in PEM, best given as CONVENE_DKIM_KEY_FILE."
    )

    @property
    def pace(self) -> Pace:
        return Pace(
            grace_seconds=self.grace_seconds,
            reminder_days=tuple(int(day) for day in self.reminder_days),
            follow_up_days=tuple(int(day) for day in self.follow_up_days),
            answer_days=self.answer_days,
            link_days=self.link_days,
        )

    @property
    def office_hours(self) -> OfficeHours | None:
        production = self.environment == "production"
        return office_hours(self.mail_hours or (_OFFICE_HOURS if production else ""))

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        try:
            office_hours(self.mail_hours)
        except ValueError as error:
            yield f"CONVENE_MAIL_HOURS cannot be used: {error}"
        yield from self._faults_of_smtp()
        for name in ("reminder_days", "follow_up_days"):
            for day in getattr(self, name):
                if not day.strip().isdigit() or int(day) < 1:
                    yield (
                        f"CONVENE_{name.upper()} has '{day}', which is not a number of days. "
                        "Use whole numbers from 1, separated by commas: 5,12."
                    )
        if (self.dkim_domain is None) != (self.dkim_key is None):
            yield (
                "CONVENE_DKIM_DOMAIN and CONVENE_DKIM_KEY belong together; set both, or neither "
                "to send unsigned mail."
            )

    def _faults_of_smtp(self) -> Iterator[str]:
        for name in ("smtp_url", "mailbox_url"):
            try:
                server_from(getattr(self, name))
            except ValueError as error:
                yield f"CONVENE_{name.upper()} cannot be used: {error}"
        for name in ("mailbox_smtp", "mailbox_web"):
            value = getattr(self, name)
            host, _, port = value.rpartition(":")
            if not host or not port.isdigit() or int(port) > 65_535:
                yield f"CONVENE_{name.upper()} has '{value}'. Use host:port, as 127.0.0.1:8026."
