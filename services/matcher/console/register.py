"""Hangs the console onto the matcher's web application; called by wiring, last but `finish`."""

from flask import Flask

from services.matcher.console import times, words
from services.matcher.console.accounts.sessions import coordinator_authenticator
from services.matcher.console.blueprint import console
from services.matcher.console.clients import Notifier, Registry
from services.matcher.console.directory import contacts, edit, lives, organisations
from services.matcher.console.directory import pages as directory
from services.matcher.console.directory.near_misses import NearMisses
from services.matcher.console.home import pages as home
from services.matcher.console.home import parked
from services.matcher.console.home.stream import Streams
from services.matcher.console.imports import pages as imports
from services.matcher.console.imports import steps as import_steps
from services.matcher.console.mail import emails as letters
from services.matcher.console.mail import schedule
from services.matcher.console.match import emails, questions
from services.matcher.console.match import pages as match
from services.matcher.console.match.compare import Compare
from services.matcher.console.menu import menu_of, present
from services.matcher.console.parts import EXTENSION, Parts
from services.matcher.console.people import accounts, complaints, reasons, signing_in
from services.matcher.console.places import fairness
from services.matcher.console.places import pages as places
from services.matcher.console.places.coverage import pages as coverage
from services.matcher.console.reports import export
from services.matcher.console.reports import pages as reports
from services.matcher.console.review import bulk, decide, lists, saving
from services.matcher.console.review.listed import LISTS
from services.matcher.console.tuning import figures, models, rounds
from services.matcher.explaining.insight import Insight
from services.matcher.review import Deps
from services.matcher.settings import MatcherSettings
from shared.clock import Clock
from shared.messaging.desk import ParkedDesk
from shared.reference.goals import framework
from shared.reference.vocabulary import BENEFICIARIES, SECTORS
from shared.storage import Database
from shared.web.client import ServiceClient
from shared.web.headers import cookie_name
from shared.web.policy import Authenticator, declare, on_unauthenticated

PAGES = (
    accounts,
    bulk,
    complaints,
    coverage,
    decide,
    emails,
    export,
    fairness,
    figures,
    home,
    import_steps,
    imports,
    letters,
    lists,
    match,
    contacts,
    edit,
    lives,
    organisations,
    directory,
    models,
    parked,
    places,
    questions,
    reasons,
    reports,
    rounds,
    saving,
    schedule,
    signing_in,
)
"""The modules whose views hang on the blueprint."""


def sign_in_of(settings: MatcherSettings, database: Database, clock: Clock) -> Authenticator:
    """For `create_app(authenticators=[…])`: who comes with the console's cookie."""
    return coordinator_authenticator(database, clock, _cookie(settings))


def register_console(
    app: Flask,
    deps: Deps,
    insight: Insight,
    clock: Clock,
    *,
    registry: ServiceClient,
    notifier: ServiceClient,
) -> None:
    """Adds every page under `/`. The clients carry the matcher's service tokens."""
    settings = deps.settings
    database: Database = app.extensions["convene_database"]
    app.extensions[EXTENSION] = Parts(
        database=database,
        clock=clock,
        settings=settings,
        deps=deps,
        registry=Registry(registry),
        notifier=Notifier(notifier),
        insight=insight,
        near_misses=NearMisses(database, insight, settings.least_score),
        compare=Compare(database, insight, settings.least_score),
        streams=Streams(),
        others={"registry": registry, "notifier": notifier},
        desk=ParkedDesk(database, "matcher", clock),
        cookie=_cookie(settings),
        secure=settings.uses_tls("matcher"),
    )
    app.register_blueprint(console)
    declare(app, "console.static", "public")
    on_unauthenticated(app, signing_in.ask_to_sign_in)
    _teach_templates(app)


def _cookie(settings: MatcherSettings) -> str:
    return cookie_name("matcher", "sign-in", tls=settings.uses_tls("matcher"))


def _teach_templates(app: Flask) -> None:
    app.jinja_env.filters.update(
        moment=times.moment,
        clock_time=times.clock_time,
        day=times.day,
    )
    app.jinja_env.globals.update(
        ago=times.ago,
        until_words=times.until,
        tomorrow=times.tomorrow,
        words=words,
        menu_of=menu_of,
        present_section=present,
        goal_choices=framework().goals,
        sector_choices=list(SECTORS),
        goal_pairs=[(goal.number, f"{goal.number} {goal.title}") for goal in framework().goals],
        sector_pairs=[(sector.id, sector.label) for sector in SECTORS],
        stage_pairs=[(stage.id, stage.label) for stage in BENEFICIARIES],
        how_choices=contacts.HOW,
        list_titles={name: one.title for name, one in LISTS.items()},
    )
