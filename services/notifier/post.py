"""Builds the way out from settings: the press that makes bytes and the server that takes them."""

from collections.abc import Callable
from dataclasses import replace

from services.notifier.domain.contacts import Contact
from services.notifier.domain.messages import COALITION
from services.notifier.erased_people import ErasedPeople
from services.notifier.fates import Policy
from services.notifier.letters import Letters, Sender
from services.notifier.mail import smtp
from services.notifier.mail.addresses import AllowList
from services.notifier.mail.signing import Sign, signer, unsigned
from services.notifier.mail.smtp import Delivery, Server
from services.notifier.prepare import Press
from services.notifier.send import Deliver, Post
from services.notifier.sent_mail import SentMail
from services.notifier.settings import NotifierSettings
from services.notifier.store.vault import Vault
from shared.settings import keys
from shared.web.tokens import SignedLinks


def sender_of(settings: NotifierSettings) -> Sender:
    return Sender(
        coalition_name=settings.coalition_name,
        coalition_email=settings.coalition_email,
        sender_email=settings.sender_email,
        base_url=settings.public_url("notifier"),
    )


def build_post(settings: NotifierSettings, links: SignedLinks) -> Post:
    press = Press(
        letters=Letters(sender_of(settings), links, settings.pace),
        vault=build_vault(settings),
        hash_key=hash_key(settings),
        token_key=keys.load_or_create(settings.keys_dir, "notifier-return"),
        sender_email=settings.sender_email,
        cap_per_day=settings.mail_cap_per_day,
        sign=_signer(settings),
    )
    return Post(
        press=press,
        policy=Policy(
            retry_ambiguous=settings.mail_retry_ambiguous,
            give_up_hours=settings.mail_give_up_hours,
        ),
        deliver=build_deliver(settings),
        coalition=Contact("", COALITION, settings.coalition_email, settings.coalition_name),
        sent=sent_mail(settings),
    )


def sent_mail(settings: NotifierSettings) -> SentMail:
    """Beside the databases, not inside them, so that a restored backup does not forget it."""
    return SentMail(settings.var / "sent-mail.jsonl")


def erased_people(settings: NotifierSettings) -> ErasedPeople:
    """As the list of sent mail."""
    return ErasedPeople(settings.var / "notifier-erasures.jsonl", hash_key(settings))


def build_vault(settings: NotifierSettings) -> Vault:
    return Vault(keys.load_or_create(settings.keys_dir, "notifier-vault"))


def hash_key(settings: NotifierSettings) -> bytes:
    """Key of the suppression list. Losing it forgets who asked not to be mailed."""
    return keys.load_or_create(settings.keys_dir, "notifier-suppression")


def build_deliver(settings: NotifierSettings) -> Deliver:
    """Sends through the mail server; outside production strangers' mail goes to the mailbox."""
    server = _server(settings, settings.smtp_url)
    mailbox = _server(settings, settings.mailbox_url)
    allowed = AllowList.of(settings.mail_allow)
    guarded = settings.environment != "production" and not server.is_local

    def deliver(
        sender: str, recipient: str, raw: bytes, before_dot: Callable[[], None]
    ) -> Delivery:
        way = mailbox if guarded and not allowed.allows(recipient) else server
        return smtp.send(way, sender, recipient, raw, before_dot)

    return deliver


def _server(settings: NotifierSettings, url: str) -> Server:
    server = smtp.server_from(url, timeout_seconds=settings.smtp_timeout_seconds)
    return replace(
        server,
        dot_timeout_seconds=settings.smtp_dot_timeout_seconds,
        local_name=settings.sender_email.rpartition("@")[2],
    )


def _signer(settings: NotifierSettings) -> Sign:
    if settings.dkim_domain is None or settings.dkim_key is None:
        return unsigned
    return signer(settings.dkim_domain, settings.dkim_selector, settings.dkim_key.encode())
