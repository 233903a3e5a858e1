"""The approaches of a match before anybody gets one, in the words that count now."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from services.notifier.contents import contents_of, key_of, worded
from services.notifier.domain.matches import Match
from services.notifier.domain.messages import Kind
from services.notifier.domain.schedule import Pace
from services.notifier.letters import Sender
from services.notifier.preview import About, preview
from services.notifier.reword import may_edit
from services.notifier.store.ledger import messages_of_match
from services.notifier.store.vault import Vault
from services.notifier.store.wordings import wording_of
from services.notifier.store.written import Written, written_for


class Previews:
    """What approving a match would send, to each member that is asked."""

    def __init__(self, sender: Sender, pace: Pace, vault: Vault) -> None:
        self._sender = sender
        self._pace = pace
        self._vault = vault

    def of_match(
        self, connection: Connection, match: Match, now: datetime
    ) -> Iterator[dict[str, Any]]:
        """In the order of the match; nothing is planned, and no contact is fetched."""
        asked = {party.member_id: party.name for party in match.parties if party.necessary}
        saved = written_for(connection, self._vault, match.match_id, asked)
        approaches = messages_of_match(connection, match.match_id, [Kind.APPROACH])
        for member_id, name in asked.items():
            shown = self._shown(connection, match, saved[member_id], now)
            editable = may_edit(approaches, member_id)
            yield {"member_id": member_id, "member": name, "may_edit": editable, **shown}

    def _shown(
        self, connection: Connection, match: Match, written: Written, now: datetime
    ) -> dict[str, Any]:
        until = now + timedelta(days=self._pace.answer_days)
        contents = contents_of(Kind.APPROACH, match, written.member_id, [], until)
        key = key_of(Kind.APPROACH, contents)
        wording = wording_of(connection, key).wording
        about = About(match, written.member_id)
        said = written.words.said
        words = preview(self._sender, self._pace, key, wording, about, now, said)
        usual = worded(wording, self._sender.coalition_name, contents)
        return {
            "subject": words.subject,
            "opening": said.get("opening") or " ".join(usual["opening"].split()),
            "text": words.text,
            "html": words.html,
            "wording": written,
        }
