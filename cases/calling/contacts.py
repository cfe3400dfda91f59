"""Which of a customer's numbers may be rung: pure, from the bank's records and what calling found out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from cases.calling.cadence import Tried
from cases.calling.policy import CallingPolicy
from domain.instants import iso, span_ms, span_words, to_ms
from domain.reference import PhoneNumber

DO_NOT_CALL = "do_not_call"
# The one thing to ring at a place of our own, whose numbers are not reference data.
SITE = "site"


class Unusable(NamedTuple):
    """A number led nowhere: how, and when that was found."""

    reason: str
    since_ms: int


class Wish(NamedTuple):
    """A customer does not want to be called, on one number or ("") on any, until then or for good."""

    reference: str
    until_ms: int | None

    @property
    def words(self) -> str:
        """Say it."""
        until = "for good" if self.until_ms is None else f"until {iso(self.until_ms)}"
        return f"the customer does not want to be called {until}"


class Number(Struct, frozen=True, kw_only=True):
    """A number of a customer, by the bank's handle, and how it stands.

    `why_not` says why it is not rung (None: it may be); `caution` what to keep in mind when it is.
    """

    reference: str
    kind: str
    verified_since_ms: int | None = None
    tried: int = 0
    last_at_ms: int | None = None
    why_not: str | None = None
    caution: str = ""


def numbers_of(
    known: Sequence[PhoneNumber],
    unusable: Mapping[str, Unusable],
    wishes: Iterable[Wish],
    tried: Sequence[Tried],
    policy: CallingPolicy,
    now_ms: int,
) -> tuple[Number, ...]:
    """Give a customer's numbers, the best to ring first.

    That is the one verified longest ago; then those never verified, then those verified so lately that an
    impostor may have done it. The latter are not rung at all while one verified longer ago is left. A number
    that led nowhere stays so until the bank verifies it anew.
    """
    barred = {wish.reference: wish.words for wish in wishes}
    why_not: dict[str, str | None] = {}
    for number in known:
        found = unusable.get(number.reference)
        stands = found is not None and found.since_ms >= _verified_ms(number)
        wish = barred.get(number.reference, barred.get(""))
        why_not[number.reference] = found.reason if found is not None and stands else wish
    fresh_ms = now_ms - span_ms(policy.fresh_number)
    older_left = any(
        why_not[number.reference] is None and 0 < _verified_ms(number) <= fresh_ms for number in known
    )
    listed = []
    for place, number in enumerate(known):
        since_ms = _verified_ms(number)
        fresh = since_ms > fresh_ms
        age = f"verified only {span_words(max(0, now_ms - since_ms))} ago" if fresh else ""
        reason = why_not[number.reference]
        if reason is None and fresh and older_left:
            reason = f"{age}, and an older number is left"
        attempts = [each for each in tried if each.reference == number.reference and each.how.counts]
        order = (reason is not None, fresh, since_ms == 0, since_ms, place)
        listed.append((order, _number(number, attempts, reason, age)))
    return tuple(number for _, number in sorted(listed, key=lambda item: item[0]))


def _number(number: PhoneNumber, attempts: Sequence[Tried], why_not: str | None, age: str) -> Number:
    return Number(
        reference=number.reference,
        kind=number.kind,
        verified_since_ms=_verified_ms(number) or None,
        tried=len(attempts),
        last_at_ms=attempts[-1].started_at_ms if attempts else None,
        why_not=why_not,
        caution=f"{age}: be sure who answers" if age and why_not is None else "",
    )


def _verified_ms(number: PhoneNumber) -> int:
    return to_ms(number.verified_since) if number.verified_since else 0


def number_record(number: Number) -> dict[str, Any]:
    """Give a number as one JSON object; times are ISO 8601 in UTC."""
    return {
        "reference": number.reference,
        "kind": number.kind,
        "verified_since": number.verified_since_ms and iso(number.verified_since_ms),
        "callable": number.why_not is None,
        "why_not": number.why_not,
        "caution": number.caution or None,
        "tried": number.tried,
        "last_tried": number.last_at_ms and iso(number.last_at_ms),
    }
