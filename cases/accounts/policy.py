"""How people prove who they are, and for how long that holds."""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from cases.who import Role
from domain.instants import span_ms

# What a person can be; what riskdesk does by itself signs in nowhere.
PEOPLE = tuple(role for role in Role if role is not Role.SYSTEM)


def _of_people(role: Role) -> Role:
    if role is Role.SYSTEM:
        raise ValueError(f"nobody signs in as {role}; allowed are: {', '.join(PEOPLE)}")
    return role


_Person = Annotated[Role, AfterValidator(_of_people)]


def _span(low: timedelta, high: timedelta) -> object:
    return Field(ge=low, le=high)


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class AccountPolicy:
    """The bounds are those of PCI DSS 4 (8.2.8, 8.3.4, 8.3.6): a bank may be stricter and not laxer.

    Users with a role of `second_factor` need a code besides the password; PCI DSS (8.4.2) wants that of all.
    `groups` says, for who comes by the bank's own sign-in, which role a group there means; of several the
    first one counts.
    """

    password_characters: Annotated[int, Field(ge=12, le=128)] = 12
    failures: Annotated[int, Field(ge=1, le=10)] = 10
    lockout: Annotated[timedelta, _span(timedelta(minutes=30), timedelta(days=1))] = timedelta(minutes=30)
    idle: Annotated[timedelta, _span(timedelta(minutes=1), timedelta(minutes=15))] = timedelta(minutes=15)
    session: Annotated[timedelta, _span(timedelta(minutes=15), timedelta(hours=24))] = timedelta(hours=12)
    invitation: Annotated[timedelta, _span(timedelta(hours=1), timedelta(days=14))] = timedelta(hours=72)
    first_run: Annotated[timedelta, _span(timedelta(minutes=5), timedelta(days=1))] = timedelta(hours=1)
    token: Annotated[timedelta, _span(timedelta(days=1), timedelta(days=731))] = timedelta(days=366)
    second_factor: tuple[_Person, ...] = PEOPLE
    groups: Mapping[str, _Person] = field(default_factory=dict)

    @property
    def lockout_ms(self) -> int:
        """For how long a name is locked out, in milliseconds."""
        return span_ms(self.lockout)

    @property
    def idle_ms(self) -> int:
        """After how long without anybody a session locks."""
        return span_ms(self.idle)

    @property
    def session_ms(self) -> int:
        """How long a session lasts at most."""
        return span_ms(self.session)

    @property
    def invitation_ms(self) -> int:
        """How long an invitation holds."""
        return span_ms(self.invitation)

    @property
    def first_run_ms(self) -> int:
        """How long the token of the first user holds."""
        return span_ms(self.first_run)

    @property
    def token_ms(self) -> int:
        """For how long a program may be let in at most."""
        return span_ms(self.token)
