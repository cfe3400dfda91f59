"""What the codec refuses, as values: nothing is dropped in silence and nothing crashes the flow."""

from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct


class Reason(StrEnum):
    """Why a line is no event; one code for one kind of repair."""

    TOO_LONG = "too_long"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_A_MESSAGE = "not_a_message"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_KIND = "unknown_kind"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    BAD_TIME = "bad_time"
    NAIVE_TIME = "naive_time"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    CARD_NUMBER = "card_number"
    SENSITIVE_FIELD = "sensitive_field"


class Rejected(Struct, frozen=True, kw_only=True):
    """A line that is no event: where it lay, why it was refused, and its bytes.

    `offset` is the byte (or message) position in `partition`; any card number in `raw` is masked.
    """

    partition: str
    offset: int
    reason: Reason
    detail: str
    raw: bytes

    @property
    def id(self) -> str:
        """Give the stable id (32 hexadecimal digits) of the line at its place, the same in every replay."""
        place = f"{self.partition}\x1f{self.offset}\x1f".encode()
        return blake2b(place + self.raw, digest_size=16).hexdigest()
