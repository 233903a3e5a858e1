"""The registry's own settings."""

from __future__ import annotations

from dataclasses import dataclass

from services.registry.domain.rules import Rules
from shared.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class RegistrySettings(Settings):
    """Common settings, and what a coalition may set about its registry."""

    health_port: int = setting(
        9101,
        minimum=0,
        maximum=65_535,
        help="Port of the worker's health and metrics server; 0 takes a free one.",
    )
    screen_texts: bool = setting(
        True,
        help="Whether titles and descriptions with an email address or a telephone number in them "
        "are refused.",
    )
    confirm_after_days: int = setting(
        182, minimum=1, help="Days after which an unconfirmed listing is to be asked about."
    )
    stale_after_days: int = setting(
        273, minimum=1, help="Days after which an unconfirmed listing is not proposed any more."
    )
    import_max_bytes: int = setting(
        67_108_864, minimum=1_024, help="Largest coalition file that the API takes."
    )
    import_batch_lines: int = setting(
        250, minimum=1, maximum=5_000, help="Lines of a coalition file written in one transaction."
    )

    @property
    def rules(self) -> Rules:
        return Rules(self.screen_texts, self.confirm_after_days, self.stale_after_days)
