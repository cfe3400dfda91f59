"""Reports and uses as lines of JSON in the order they arrive, written many at a time.

Lines are put together from ready pieces and not by an encoder: a month of a fleet is millions of them.
"""

from collections.abc import Iterator

import numpy as np

from simulation.devices.cash import NOTE_MINOR, TAKING_UNIT
from simulation.devices.counts import READER, Tallies
from simulation.devices.estate import Estate
from simulation.devices.happenings import DEPOSIT, INQUIRY, REVERSAL, TRANSFER, WITHDRAWAL
from simulation.devices.network import deliver
from simulation.devices.plan import DevicePlan, Step
from simulation.devices.reports import NO_TALLY, Reports, Saying, Sayings
from simulation.devices.uses import Uses
from simulation.hours import UTC_OFFSET_MS
from simulation.network import Ints
from simulation.tokens import Tokens

_TYPES = {
    WITHDRAWAL: "withdrawal",
    DEPOSIT: "deposit",
    INQUIRY: "balance_inquiry",
    TRANSFER: "transfer_out",
    REVERSAL: "reversal",
}
_REFUSALS = ("wrong_pin", "insufficient_funds", "over_limit")
# One card in so many is held to the reader instead of being put in.
_CONTACTLESS = 4
_CHUNK = 65_536


class TelemetryWriter:
    """Writes slices of reports; a report that is still on its way goes with the next slice."""

    def __init__(self, plan: DevicePlan, estate: Estate, sayings: Sayings, tallies: Tallies) -> None:
        """Begin the stream."""
        self._plan, self._estate, self._tallies = plan, estate, tallies
        self._rng = plan.random(Step.TELEMETRY_ARRIVAL)
        self._prefix = Tokens(plan.random(Step.IDS), "rep")[plan.start_ms % 2**32]
        self._bodies = [_body(saying) for saying in sayings]
        self._said = np.zeros(len(estate.tokens), dtype=np.int64)
        self._number = 1
        self._waiting: list[str] = []
        self._waiting_ms: Ints = np.empty(0, dtype=np.int64)

    def write(self, rows: Reports, until_ms: int | None) -> bytes:
        """Give the lines that arrive before `until_ms`, or all; rows are ordered by machine and time."""
        lines = self._lines(rows)
        order, arrives_ms = deliver(self._rng, rows["at_ms"], self._plan.most_late_s)
        lines = [lines[number] for number in order.tolist()]
        if self._waiting:
            arrives_ms = np.concatenate((self._waiting_ms, arrives_ms))
            order = np.argsort(arrives_ms, kind="stable")
            together = self._waiting + lines
            lines, arrives_ms = [together[number] for number in order.tolist()], arrives_ms[order]
        there = len(lines) if until_ms is None else int(np.searchsorted(arrives_ms, until_ms))
        self._waiting, self._waiting_ms = lines[there:], arrives_ms[there:]
        return "".join(lines[:there]).encode()

    def _lines(self, rows: Reports) -> list[str]:
        prefix, tokens, bodies = self._prefix, self._estate.tokens, self._bodies
        first = self._number
        self._number += len(rows)
        return [
            f'{{"kind":"telemetry","event_id":"{prefix}-{number:08d}","at":"{at}+08:00",'
            f'"device":"{tokens[device]}",{bodies[saying]},"sequence":{sequence}{counters}}}\n'
            for number, (at, device, saying, sequence, counters) in enumerate(
                zip(
                    _local(rows["at_ms"]),
                    rows["device"].tolist(),
                    rows["saying"].tolist(),
                    self._sequences(rows["device"]),
                    self._counters(rows),
                    strict=True,
                ),
                first,
            )
        ]

    def _sequences(self, device: Ints) -> list[int]:
        """Number the reports of each device on."""
        count = np.bincount(device, minlength=len(self._said))
        begin = np.cumsum(count) - count
        sequence = np.arange(len(device)) - begin[device] + self._said[device] + 1
        self._said += count
        return [int(number) for number in sequence]

    def _counters(self, rows: Reports) -> list[str]:
        written = [""] * len(rows)
        places = np.flatnonzero(rows["tally"] != NO_TALLY)
        tallies = self._tallies[rows["tally"][places]]
        for place, (_, device, unit, load, good, bad, left) in zip(
            places.tolist(), tallies.tolist(), strict=True
        ):
            if unit == READER:
                said = f'"attempts":{good},"errors":{bad}'
            else:
                paid = f'"remaining":{left},"dispensed":{good},"rejected":{bad}'
                kept = f'"deposited":{good}' if unit == TAKING_UNIT else paid
                said = (
                    f'{kept},"denomination_minor":{NOTE_MINOR},"currency":"CNY",'
                    f'"load":"load-{self._estate.tokens[device][4:]}-{load}"'
                )
            written[place] = f',"counters":{{{said}}}'
        return written


def transaction_lines(plan: DevicePlan, estate: Estate, uses: Uses) -> Iterator[bytes]:
    """Give the uses in pieces of many lines, in the order they arrive."""
    prefix = Tokens(plan.random(Step.IDS).spawn(1)[0], "use")[plan.start_ms % 2**32]
    uses = uses[np.argsort(uses["at_ms"], kind="stable")]
    order, _ = deliver(plan.random(Step.USES_ARRIVAL), uses["at_ms"], plan.most_late_s)
    verdicts = [_verdict(refusal) for refusal in range(len(_REFUSALS) + 1)]
    types = [f'"type":"{_TYPES[number]}"' for number in sorted(_TYPES)]
    for start in range(0, len(order), _CHUNK):
        numbers = order[start : start + _CHUNK]
        rows = uses[numbers]
        pieces = zip(
            numbers.tolist(),
            _local(rows["at_ms"]),
            rows["device"].tolist(),
            rows["customer"].tolist(),
            rows["type"].tolist(),
            rows["refusal"].tolist(),
            (rows["notes"].astype(np.int64) * NOTE_MINOR).tolist(),
            strict=True,
        )
        yield "".join(
            f'{{"kind":"transaction","event_id":"{prefix}-{number + 1:08d}","at":"{at}+08:00",'
            f'"card":"{estate.cards[who]}","amount_minor":{minor},"currency":"CNY","channel":"atm",'
            f'{types[type_]}{verdicts[refusal]},"entry":"{"chip" if who % _CONTACTLESS else "contactless"}",'
            f'"customer":"{estate.customers[who]}","terminal":"{estate.terminals[device]}"}}\n'
            for number, at, device, who, type_, refusal, minor in pieces
        ).encode()


def _local(at_ms: Ints) -> list[str]:
    moments = (at_ms + UTC_OFFSET_MS).astype("datetime64[ms]")
    return [str(moment) for moment in np.datetime_as_string(moments, unit="ms")]


def _body(saying: Saying) -> str:
    component, code, edge, severity, unit = saying
    said = f'"component":"{component}","code":"{code}","edge":"{edge}"'
    said += f',"severity":{severity}' if severity else ""
    return said + (f',"unit":{unit}' if unit else "")


def _verdict(refusal: int) -> str:
    return f',"outcome":"declined","decline_reason":"{_REFUSALS[refusal - 1]}"' if refusal else ""
