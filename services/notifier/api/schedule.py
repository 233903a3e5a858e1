"""When mail goes, as the settings say: shown to coordinators, with the setting's own name."""

from typing import Any

import marshmallow as ma

from services.notifier.domain.story import listed
from services.notifier.parts import Parts
from services.notifier.settings import NotifierSettings
from shared.web.openapi import Blueprint
from shared.web.policy import policy


class SettingOut(ma.Schema):
    title = ma.fields.String()
    value = ma.fields.String()
    setting = ma.fields.String(metadata={"description": "The setting's name."})


class ScheduleOut(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(SettingOut))


def schedule_routes(parts: Parts) -> Blueprint:
    blueprint = Blueprint("schedule", __name__, url_prefix="/v1/schedule")

    @blueprint.get("")
    @policy("service:matcher")
    @blueprint.response(200, ScheduleOut)
    def show() -> Any:
        """Days and hours of the mail; each is set in the environment of the notifier."""
        return {"items": in_words(parts.settings)}

    return blueprint


def in_words(settings: NotifierSettings) -> list[dict[str, str]]:
    """Title, value and name of each setting that decides when mail goes."""
    hours = settings.office_hours
    open_ = (
        f"{hours.opens:%H:%M} to {hours.closes:%H:%M}, Monday to Friday" if hours else "at any hour"
    )
    reminders, follow_ups = settings.pace.reminder_days, settings.pace.follow_up_days
    said = (
        ("Hours in which mail leaves", open_, "MAIL_HOURS"),
        ("Reminders of an unanswered question", _days(reminders, "asking"), "REMINDER_DAYS"),
        ("An answer is asked for within", f"{settings.answer_days} days", "ANSWER_DAYS"),
        ("We ask what came of it", _days(follow_ups, "the introduction"), "FOLLOW_UP_DAYS"),
        (
            "Most emails to a member in a day",
            f"{settings.mail_cap_per_day}",
            "MAIL_CAP_PER_DAY",
        ),
        (
            "Listings are checked with a member at most every",
            f"{settings.listing_check_days} days",
            "LISTING_CHECK_DAYS",
        ),
        (
            "Reminder of that check",
            f"after {settings.listing_reminder_days} days, once",
            "LISTING_REMINDER_DAYS",
        ),
    )
    return [{"title": t, "value": v, "setting": f"CONVENE_{name}"} for t, v, name in said]


def _days(days: tuple[int, ...], after: str) -> str:
    return f"{listed([str(day) for day in days])} days after {after}"
