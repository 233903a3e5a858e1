"""`doctor`: what every service is checked for, and the way mail takes."""

from collections.abc import Callable, Iterator

from services.notifier.mail import smtp
from services.notifier.mail.domain_records import (
    DnsResolver,
    LookupFailed,
    Resolver,
    examine_dkim,
    examine_domain,
)
from services.notifier.settings import NotifierSettings
from services.notifier.wiring import MIGRATIONS, SERVICE
from shared.doctor import CHECKS, Check, Finding, Patient, doctor_command, good, odd, wrong
from shared.settings.faults import masked

KEYS = ("notifier-vault", "notifier-suppression", "notifier-return")
_TIMEOUT_SECONDS = 10.0


def patient_of(settings: NotifierSettings) -> Patient:
    return Patient(SERVICE, settings, MIGRATIONS, KEYS)


def mail_check(resolver: Resolver) -> Check:
    """The mail server takes us in; the sender's domain says that it may send for us."""

    def look(patient: Patient) -> Iterator[Finding]:
        settings = patient.settings
        if not isinstance(settings, NotifierSettings):
            raise TypeError("mail is checked with the notifier's settings")
        yield _server(settings.smtp_url)
        yield from _domain(settings, resolver)

    return Check("mail", look)


def _server(url: str) -> Finding:
    fault = smtp.reach(smtp.server_from(url, timeout_seconds=_TIMEOUT_SECONDS))
    if fault is None:
        return good("mail", "The mail server takes us in", masked(url))
    return wrong(
        "mail",
        f"The mail server does not take us in ({fault})",
        masked(url),
        "Start it (`python -m services.notifier mailbox` on a trial), or correct "
        "CONVENE_SMTP_URL: scheme, host, port, user and password.",
    )


def _domain(settings: NotifierSettings, resolver: Resolver) -> Iterator[Finding]:
    if smtp.server_from(settings.smtp_url).is_local and settings.environment != "production":
        yield good("mail", "Mail stays on this machine, so no domain was looked up")
        return
    domain = settings.sender_email.rpartition("@")[2]
    yield from _looked_up(domain, lambda: examine_domain(resolver, domain))
    if settings.dkim_domain is None or settings.dkim_key is None:
        yield odd(
            "mail",
            "Mail is not signed",
            "CONVENE_DKIM_DOMAIN is unset",
            "Make a DKIM key and set CONVENE_DKIM_DOMAIN and CONVENE_DKIM_KEY_FILE, unless the "
            "mail server signs.",
        )
        return
    signed, key = settings.dkim_domain, settings.dkim_key.encode()
    yield from _looked_up(
        signed, lambda: examine_dkim(resolver, signed, settings.dkim_selector, key)
    )


def _looked_up(domain: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except LookupFailed as failed:
        yield odd(
            "mail",
            f"The name servers did not answer ({failed}), so nothing is known",
            domain,
            "Check /etc/resolv.conf and the network, then run this again.",
        )


doctor = doctor_command(SERVICE, NotifierSettings, patient_of, (*CHECKS, mail_check(DnsResolver())))
