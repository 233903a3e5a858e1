"""The notifier's HTTP API: for the matcher's console, the registry's subject commands, bounces."""

from flask import Flask

from services.notifier.api.complaints import complaint_routes
from services.notifier.api.conversation import conversation_routes
from services.notifier.api.emails import email_routes
from services.notifier.api.mail import mail_routes
from services.notifier.api.refusals import explain_refusals
from services.notifier.api.schedule import schedule_routes
from services.notifier.api.subjects import subject_routes
from services.notifier.api.writing import writing_routes
from services.notifier.parts import Parts
from shared.messaging.desk import ParkedDesk
from shared.web.openapi import make_api
from shared.web.parked import parked_routes


def add_api(app: Flask, parts: Parts) -> None:
    """Register every route of the API; each declares who may call it."""
    api = make_api(app, "Convene notifier")
    for routes in (
        complaint_routes,
        conversation_routes,
        email_routes,
        mail_routes,
        schedule_routes,
        subject_routes,
        writing_routes,
    ):
        api.register_blueprint(routes(parts))
    desk = ParkedDesk(parts.database, "notifier", parts.clock)
    api.register_blueprint(parked_routes(desk))
    explain_refusals(app)
