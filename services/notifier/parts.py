"""What every process of the notifier is made of; wiring fills it, edges receive it."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import httpx

from services.notifier.directory import Directory, MatcherGate
from services.notifier.domain.schedule import Pace
from services.notifier.erased_people import ErasedPeople
from services.notifier.introduce import SOURCE
from services.notifier.mail.addresses import address_hash
from services.notifier.self_service import SelfService
from services.notifier.settings import NotifierSettings
from services.notifier.store.vault import Vault
from shared.clock import Clock
from shared.storage import Database, Work, unit_of_work
from shared.web.tokens import ServiceTokens, SignedLinks

Transports = Mapping[str, httpx.BaseTransport]


@dataclass(frozen=True, slots=True)
class Parts:
    settings: NotifierSettings
    clock: Clock
    database: Database
    links: SignedLinks
    tokens: ServiceTokens
    directory: Directory
    gate: MatcherGate
    self_service: SelfService
    vault: Vault
    hash_key: bytes
    forget_mail: Callable[[Collection[str | None]], int]
    """Takes emails with these Message-IDs out of the local mailbox, where there is one."""
    erased: ErasedPeople

    @property
    def pace(self) -> Pace:
        return self.settings.pace

    def work(self, actor: str | None = None) -> AbstractContextManager[Work]:
        """One transaction of a use case."""
        return unit_of_work(self.database, source=SOURCE, clock=self.clock, actor=actor)

    def hash_of(self, address: str) -> str:
        return address_hash(self.hash_key, address)
