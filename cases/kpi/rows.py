"""What figures are made of: the few columns of cases, calls and actions that they read."""

from msgspec import Struct

from cases.calling.dispositions import DISPOSITIONS

# Somebody's machine answered: a connection, and no contact.
_VOICEMAIL = "voicemail"


class CaseRow(Struct, frozen=True, kw_only=True):
    """A case as far as figures go. `band` is the one it came in with, before waiting moved it up.

    `window_at_ms` is when the window of a customer opens, or opened, who could not be called before.
    `reopened_at_ms` is the first time it was reopened, `followed_at_ms` when the first case linked to it
    became ready; `right_party_attempts` counts its calls that reached the person wanted, up to now;
    `blocked` tells that a block of its money was carried out.
    """

    id: str
    kind: str = "fraud"
    band: int = 2
    status: str = "open"
    outcome: str | None = None
    opened_at_ms: int = 0
    ready_at_ms: int
    due_ms: int
    window_at_ms: int | None = None
    first_attempt_at_ms: int | None = None
    first_contact_at_ms: int | None = None
    closed_at_ms: int | None = None
    exposure_minor: int = 0
    currency: str = ""
    reopened_at_ms: int | None = None
    followed_at_ms: int | None = None
    right_party_attempts: int = 0
    blocked: bool = False

    @property
    def callable_at_ms(self) -> int:
        """When it could first be called: what lies outside the customer's window does not count."""
        return self.ready_at_ms if self.window_at_ms is None else self.window_at_ms

    @property
    def is_live(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.status not in ("closed", "merged")

    @property
    def taken_up_at_ms(self) -> int | None:
        """When it was taken up: at the first call or, of a case closed without one, when it was closed."""
        if self.first_attempt_at_ms is not None:
            return self.first_attempt_at_ms
        return self.closed_at_ms


class AttemptRow(Struct, frozen=True, kw_only=True):
    """A call; one without a disposition is still going on and counts nowhere yet."""

    case_id: str
    disposition: str | None = None
    started_at_ms: int
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    wrapup_until_ms: int | None = None

    @property
    def counts(self) -> bool:
        """Whether it is an attempt: it has ended, and the dialer did not fail."""
        return self.disposition is not None and DISPOSITIONS[self.disposition].counts

    @property
    def human(self) -> bool:
        """Whether somebody spoke."""
        return self.disposition is not None and DISPOSITIONS[self.disposition].human

    @property
    def right_party(self) -> bool:
        """Whether it was the person wanted."""
        return self.disposition is not None and DISPOSITIONS[self.disposition].right_party

    @property
    def connected(self) -> bool:
        """Whether anything answered, a machine included."""
        return self.human or self.disposition == _VOICEMAIL


class RuleRow(Struct, frozen=True, kw_only=True):
    """An alert's rule and version, in a case closed with this outcome."""

    case_id: str
    detector: str
    rule_version: int
    outcome: str


class CheckRow(Struct, frozen=True, kw_only=True):
    """An action that two people sign: when it was made, and when the second one looked at it."""

    kind: str
    made_at_ms: int
    checked_at_ms: int | None = None


class CallbackRow(Struct, frozen=True, kw_only=True):
    """A call promised for a time, and when the next call of the case started."""

    case_id: str
    promised_at_ms: int
    started_at_ms: int | None = None


class StateRow(Struct, frozen=True, kw_only=True):
    """What an agent did from one time to another; None while it goes on."""

    agent: str
    state: str
    from_ms: int
    to_ms: int | None = None
