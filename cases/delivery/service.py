"""The outbox as whoever runs the desk sees it: what waits, what was given up, and how it is tried again."""

from dataclasses import dataclass, field

from msgspec import Struct

from cases.audit.log import record
from cases.database import Database
from cases.delivery.policy import DeliveryPolicy
from cases.delivery.topics import TOPICS
from cases.errors import WrongUse
from cases.who import Right, Who


class Standing(Struct, frozen=True, kw_only=True):
    """How the messages of one topic stand; times are milliseconds since 1970.

    `oldest_ms` is since when the oldest waits, `error` why the latest of those that were tried did not
    arrive.
    """

    topic: str
    waiting: int
    delivered: int
    given_up: int
    oldest_ms: int | None
    error: str | None


@dataclass(frozen=True)
class SqlOutbox:
    """The outbox of a store."""

    db: Database
    policy: DeliveryPolicy = field(default_factory=DeliveryPolicy)

    def standing(self) -> tuple[Standing, ...]:
        """Give how each topic stands, the bank's instructions too."""
        with self.db.reading():
            return tuple(Standing(**dict(row)) for row in self.db.rows("outbox_standing"))

    def try_again(self, topic: str, who: Who, now_ms: int) -> int:
        """Let what was given up of a topic be tried again from the start, and give how many there are.

        Raises NotAllowed, and WrongUse for a topic that no courier takes: what the bank did not carry out is
        proposed anew.
        """
        who.require(Right.RUN_STORE)
        if topic not in TOPICS:
            raise WrongUse(f"{topic!r} is nothing that can be sent again; allowed is {', '.join(TOPICS)}")
        with self.db.writing():
            count = self.db.run("retry_given_up", topic=topic, now_ms=now_ms)
            if count:
                record(self.db, who, "sent_again", f"topic:{topic}", now_ms, after={"messages": count})
        return count
