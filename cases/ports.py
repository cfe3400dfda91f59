"""What the parts of a store promise, whichever database holds them."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from cases.case import LIVE, Case, CaseFile, CaseKind, Status
from cases.dead_letters import DeadLetter, LetterStatus
from cases.finding import Behind, Found, Wanted
from devices.registry import Fleet, FleetRecord
from domain.alerts import Alert
from domain.reference import Record
from domain.rejections import Reason, Rejected


class CaseStore(Protocol):
    """The cases. Times are milliseconds since 1970; the caller says what time it is."""

    def take_in(self, alerts: Sequence[Alert], now_ms: int | None = None) -> int:
        """Take in a batch: every alert once, all of them or none. Gives the number that was new.

        Replays change nothing, and the order of arrival does not matter to which alerts make a case or
        how it ranks, as long as nobody works on the cases in between and no storm is on. `now_ms` is when
        the cases can first be worked; without it the event time of their alerts stands for it.
        """

    def floods(self) -> dict[str, int]:
        """Give how often the alerts of each detector were put into one case because there were too many."""

    def list(
        self,
        statuses: Iterable[Status] = LIVE,
        limit: int | None = None,
        *,
        kinds: Iterable[CaseKind] = CaseKind,
    ) -> tuple[Case, ...]:
        """Give cases of these statuses and kinds in the order of their rank, at most `limit` of them."""

    def find(self, words: str, limit: int = 50) -> tuple[Case, ...]:
        """Give cases by what somebody types: an id, a customer, a card's token or its last four digits.

        Those that are live come first, then the newest. Raises WrongUse for a card number.
        """

    def mark(self, case_id: str) -> str:
        """Give what is another one after anything happened in a case. Raises NotFound."""

    def page(self, wanted: Wanted, *, limit: int = 100, skipped: int = 0) -> Found:
        """Give a page of the cases that fit: at most `limit` behind the first `skipped`. Raises WrongUse."""

    def behind(
        self, wanted: Wanted, behind: Behind | None, limit: int
    ) -> tuple[tuple[Case, ...], Behind | None]:
        """Give the cases that fit behind one, at most `limit`, and where the next begin. Raises WrongUse."""

    def several(self, case_ids: Sequence[str]) -> tuple[Case, ...]:
        """Give these cases in this order, without those that are not there."""

    def known_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give what can be asked for by name: teams that have live cases, and detectors that gave alerts."""

    def show(self, case_id: str) -> CaseFile:
        """Give everything on record about a case. Raises NotFound."""


class DeadLetterStore(Protocol):
    """The lines that were no event."""

    def add(self, rejected: Sequence[Rejected], at_ms: int | None = None) -> int:
        """Keep refused lines, each once; gives the number that was new."""

    def counts(self) -> dict[Reason, int]:
        """Count them by reason, the commonest first."""

    def list(
        self, reason: Reason | None = None, status: LetterStatus | None = None, limit: int = 100
    ) -> tuple[DeadLetter, ...]:
        """Give them in the order in which they lay, of one reason or status where asked."""

    def get(self, letter_id: str) -> DeadLetter:
        """Give one. Raises NotFound."""

    def correct(self, letter_id: str, corrected: bytes) -> DeadLetter:
        """Keep the line to replay instead, which the codec has accepted. Raises NotFound, AlreadyReplayed."""

    def mark_replayed(self, letter_ids: Iterable[str]) -> int:
        """Note that they went through the flow again; gives the number that had not before."""


class ReferenceStore(Protocol):
    """Reference data and the fleet, with the time each record took effect."""

    def put(self, records: Iterable[Record | FleetRecord]) -> None:
        """Keep records; the same kind, id and effective time again replaces the record."""

    def all(self) -> Iterable[Record]:
        """Give every version of every record of reference data."""

    def all_fleet(self) -> Iterable[FleetRecord]:
        """Give every version of every record about devices."""

    def fleet(self, home_zone: str) -> Fleet:
        """Give the devices; `home_zone` stands in where a site is not on record."""
