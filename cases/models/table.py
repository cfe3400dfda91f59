"""A version of a learnt table as the store keeps it, and from when on it was in force."""

from hashlib import sha256
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec import Struct

from cases.database import Row
from cases.errors import WrongUse
from domain.instants import from_ms, iso
from domain.risk_scoring import ModelError, Scorer
from domain.tables import Published, RiskModel

MODEL = "risk_model"
# Of one version; tables are sums over features and terminals, not data.
LARGEST_BYTES = 8_000_000


class LearntTable(Struct, frozen=True, kw_only=True):
    """One version of a table; `name` is which table, and `version` what the learner calls it.

    Times are milliseconds since 1970. `since_ms` is from when on it is in force, None for a model, which
    takes effect when two people let it.
    """

    name: str
    number: int
    version: str
    digest: str
    since_ms: int | None
    author: str
    role: str
    at_ms: int
    reason: str

    @property
    def what(self) -> str:
        """Name it as people write it."""
        return f"{self.name}@{self.number}"


class InForce(NamedTuple):
    """From when on a version is in force; `turn` is the proposal that brought a model."""

    name: str
    number: int
    since_ms: int
    turn: int | None

    @property
    def what(self) -> str:
        """Name the version as people write it."""
        return f"{self.name}@{self.number}"


def name_of(table: Published) -> str:
    """Give the name of the table that this is a version of."""
    return str(type(table).__struct_config__.tag)


# The names of all tables that can be learnt.
NAMES = tuple(str(kind.__struct_config__.tag) for kind in get_args(Published))


def parse(body: bytes) -> Published:
    """Read a version of a table. Raises WrongUse for anything else, and for what is too large."""
    if len(body) > LARGEST_BYTES:
        raise WrongUse(
            f"the table has {len(body):,} bytes, and the store keeps up to {LARGEST_BYTES:,} of a version; "
            "learn one with less in it"
        )
    try:
        table: Published = msgspec.json.decode(body, type=Published)
    except msgspec.MsgspecError as error:
        raise WrongUse(f"that is no published table: {error}; learn it again with `riskdesk learn`") from None
    return table


def model_in(body: bytes) -> RiskModel:
    """Read a risk model that flows can score with. Raises WrongUse for anything else."""
    model = parse(body)
    if not isinstance(model, RiskModel):
        raise WrongUse(f"a table of {name_of(model)} takes effect at a time of its own: publish it")
    try:
        Scorer(model)
    except ModelError as error:
        raise WrongUse(f"no flow of this riskdesk could use it: {error}") from None
    return model


def digest_of(body: bytes) -> str:
    """Give the SHA-256 of what a table says."""
    return sha256(body).hexdigest()


def says_the_same(one: Published, other: Published) -> bool:
    """Whether two tables differ in nothing but the time that they take effect at."""
    return msgspec.structs.replace(one, effective_at=other.effective_at) == other


def learnt_by(model: RiskModel) -> tuple[Any, ...]:
    """Give by what a model was learnt, which a refresh of it has in common with it."""
    return model.features, model.crosses, model.card.settings


def in_force_from(table: Published, since_ms: int) -> Published:
    """Give a table as it is in force: from the time that was decided, whatever its file says."""
    return msgspec.structs.replace(table, effective_at=from_ms(since_ms))


def table_of(row: Row) -> LearntTable:
    """Give the version that a row of the store holds."""
    return LearntTable(**{name: row[name] for name in LearntTable.__struct_fields__})


def table_record(version: LearntTable) -> dict[str, Any]:
    """Give a version as one JSON object, with its times in ISO 8601 (UTC)."""
    return {
        "table": version.name,
        "number": version.number,
        "version": version.version,
        "digest": version.digest,
        "effective_at": None if version.since_ms is None else iso(version.since_ms),
        "author": version.author,
        "role": version.role,
        "at": iso(version.at_ms),
        "reason": version.reason,
    }
