"""The failpoints there are. A test compares this list with the code, and the code with its boundaries:
a commit, send or acknowledgement without a failpoint before and after it fails the build.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    where: str
    between: str


_STORAGE = "shared/storage/database.py"
_LOG = "shared/bus/embedded_file.py"
_SENDER = "shared/bus/kafka_publisher.py"
_RECEIVER = "shared/bus/kafka_consumer.py"
_RULES = "shared/storage/retention.py"
_KEEPING = "shared/messaging/retention.py"
_REPLAY = "shared/messaging/replay.py"
_ARCHIVE = "shared/storage/archive.py"
_UNFINISHED = "shared/storage/unfinished.py"
_AHEAD = "shared/messaging/ahead.py"
_RELAY = "shared/messaging/relay.py"
_RUNNER = "shared/messaging/runner.py"
_DESK = "shared/messaging/desk.py"
_CALLS = "shared/web/client.py"
_SEND = "services/notifier/send.py"
_SMTP = "services/notifier/mail/smtp.py"

PLACES: Mapping[str, Place] = {
    "storage.committing": Place(_STORAGE, "everything written, nothing committed yet"),
    "storage.committed": Place(_STORAGE, "committed, and nobody has been told"),
    "storage.checkpointing": Place(_STORAGE, "before the write-ahead log is moved into the file"),
    "storage.checkpointed": Place(_STORAGE, "after the write-ahead log was moved into the file"),
    "retention.taking": Place(_RULES, "what a rule no longer keeps taken, not committed"),
    "retention.taken": Place(_RULES, "what a rule no longer keeps gone, not told yet"),
    "retention.telling": Place(_KEEPING, "written into the audit log what went, not committed"),
    "retention.told": Place(_KEEPING, "gone and told"),
    "replay.applying": Place(_REPLAY, "a part of a projection made again, not committed"),
    "replay.applied": Place(_REPLAY, "a part of a projection made again"),
    "restore.clearing": Place(_ARCHIVE, "the old tables dropped, not committed"),
    "restore.cleared": Place(_ARCHIVE, "the old tables gone, nothing loaded"),
    "restore.loading": Place(_ARCHIVE, "the backup loaded and compared, not committed"),
    "restore.loaded": Place(_ARCHIVE, "the backup loaded, the schema still that of the backup"),
    "restore.finishing": Place(_UNFINISHED, "the mark of a restore taken away, not committed"),
    "restore.finished": Place(_UNFINISHED, "the restore is done, and nobody has been told"),
    "restore.numbering": Place(_AHEAD, "numbers raised above those of the bus, not committed"),
    "restore.numbered": Place(_AHEAD, "numbers raised above those of the bus"),
    "log.making": Place(_LOG, "before the embedded log's tables are made"),
    "log.made": Place(_LOG, "after the embedded log's tables were made"),
    "log.committing": Place(_LOG, "records or positions written to the log, not committed yet"),
    "log.committed": Place(_LOG, "committed to the log, the bell not rung"),
    "log.checkpointing": Place(_LOG, "before the log's write-ahead log is moved"),
    "log.checkpointed": Place(_LOG, "after the log's write-ahead log was moved"),
    "kafka.sending": Place(_SENDER, "a transaction begun, a record not handed to the client"),
    "kafka.sent": Place(_SENDER, "records handed to the client, not known to be taken"),
    "kafka.committing": Place(_SENDER, "every record taken, the transaction not committed"),
    "kafka.committed": Place(_SENDER, "the transaction committed, the relay not told"),
    "kafka.acknowledging": Place(_RECEIVER, "before the offsets are sent to the group"),
    "kafka.acknowledged": Place(_RECEIVER, "after the group has kept the offsets"),
    "relay.publishing": Place(_RELAY, "outbox rows read, not published"),
    "relay.published": Place(_RELAY, "published, the rows not marked"),
    "relay.marking": Place(_RELAY, "the rows marked, that not committed"),
    "relay.marked": Place(_RELAY, "published and marked"),
    "relay.pruning": Place(_RELAY, "old rows deleted, that not committed"),
    "relay.pruned": Place(_RELAY, "old rows gone"),
    "runner.applied": Place(_RUNNER, "effects, inbox and position written, not committed"),
    "runner.committed": Place(_RUNNER, "effects committed, the offset not"),
    "runner.acknowledged": Place(_RUNNER, "effects and offset committed"),
    "parked.applied": Place(_RUNNER, "released records handled again, not committed"),
    "parked.committed": Place(_RUNNER, "released records handled again"),
    "parked.deciding": Place(_DESK, "an operator's decision written, not committed"),
    "parked.decided": Place(_DESK, "an operator's decision committed, not told"),
    "call.sending": Place(_CALLS, "before another service is asked"),
    "call.answered": Place(_CALLS, "another service has acted, nothing made of its answer"),
    "mail.recovering": Place(_SEND, "what an earlier sender left is sorted, not committed"),
    "mail.recovered": Place(_SEND, "what an earlier sender left is sorted"),
    "mail.claiming": Place(_SEND, "a message claimed, not committed"),
    "mail.claimed": Place(_SEND, "a message claimed, its contact not fetched"),
    "mail.looking": Place(_SEND, "looked whether it is still wanted, not committed"),
    "mail.wanted": Place(_SEND, "still wanted, its contact not fetched"),
    "mail.moving": Place(_SEND, "moved to another day, not committed"),
    "mail.moved": Place(_SEND, "moved to another day"),
    "mail.rendering": Place(_SEND, "its bytes made, not committed"),
    "mail.rendered": Place(_SEND, "its bytes committed, nothing sent"),
    "mail.recalling": Place(_SEND, "looked whether it left before a restore, not committed"),
    "mail.recalled": Place(_SEND, "known whether it left before a restore"),
    "mail.noting_dot": Place(_SEND, "`dot_written` written, not committed"),
    "mail.noted_dot": Place(_SEND, "`dot_written` committed, the dot not sent"),
    "mail.delivering": Place(_SEND, "before the mail server is spoken to"),
    "mail.delivered": Place(_SEND, "the server's answer known, kept nowhere"),
    "mail.settling": Place(_SEND, "the server's answer written, not committed"),
    "mail.settled": Place(_SEND, "the server's answer committed"),
    "mail.halting": Place(_SEND, "put aside instead of sent, not committed"),
    "mail.halted": Place(_SEND, "put aside instead of sent"),
    "smtp.connecting": Place(_SMTP, "before the connection"),
    "smtp.connected": Place(_SMTP, "connected and welcomed"),
    "smtp.greeting": Place(_SMTP, "before EHLO"),
    "smtp.greeted": Place(_SMTP, "EHLO answered"),
    "smtp.tls_started": Place(_SMTP, "encrypted, not greeted again"),
    "smtp.encrypted": Place(_SMTP, "STARTTLS done and greeted again"),
    "smtp.signed_in": Place(_SMTP, "signed in"),
    "smtp.before_mail": Place(_SMTP, "before MAIL"),
    "smtp.mail_taken": Place(_SMTP, "MAIL taken, before RCPT"),
    "smtp.rcpt_taken": Place(_SMTP, "RCPT taken, before DATA"),
    "smtp.data_taken": Place(_SMTP, "DATA taken, before the text"),
    "smtp.body_sent": Place(_SMTP, "the text sent, `dot_written` not kept"),
    "smtp.dot_allowed": Place(_SMTP, "`dot_written` kept, the dot not sent"),
    "smtp.dot_sent": Place(_SMTP, "the dot sent, not answered"),
    "smtp.dot_answered": Place(_SMTP, "the dot answered, the row not marked"),
    "smtp.quitting": Place(_SMTP, "before QUIT"),
    "smtp.quit": Place(_SMTP, "QUIT answered"),
}
