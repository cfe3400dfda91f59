"""What leaves the outbox: messages that were settled some time ago, and those that nobody ever took."""

from typing import NamedTuple

from cases.database import Database
from cases.delivery.courier import give_word
from cases.outbox import message_of
from cases.retention.policy import RetentionPolicy
from domain.instants import span_ms, span_words

# So many in one transaction, so that nobody waits for it long.
_AT_ONCE = 5000


class Forgotten(NamedTuple):
    """How many messages were given up because nobody took them, and how many left the outbox."""

    given_up: int
    gone: int


def forget_messages(db: Database, policy: RetentionPolicy, now_ms: int) -> Forgotten:
    """Settle what nobody took within the policy's time, and let go of what was settled long enough ago.

    The bank's instructions are settled by the executor alone. The last message stays: its number must not
    come again.
    """
    waited_ms = span_ms(policy.waiting_messages_for)
    why = f"nobody took it within {span_words(waited_ms)}"
    given_up = gone = 0
    while True:
        with db.writing():
            rows = db.rows(
                "give_up_waiting", before_ms=now_ms - waited_ms, now_ms=now_ms, why=why, limit=_AT_ONCE
            )
            for message in map(message_of, rows):
                give_word(db, message, why, now_ms)
        given_up += len(rows)
        if len(rows) < _AT_ONCE:
            break
    before_ms = now_ms - span_ms(policy.settled_messages_for)
    while True:
        with db.writing():
            count = db.run("purge_outbox", before_ms=before_ms, limit=_AT_ONCE)
        gone += count
        if count < _AT_ONCE:
            return Forgotten(given_up, gone)
