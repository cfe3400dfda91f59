"""What a bucket remembers: one cell for each key, at hand while it is in use, as bytes while it is not."""

from collections.abc import Callable
from typing import Any

import msgspec

from flows.plan import ScopePlan

# A cell is one key's memory: latest event time in ms, last event ids, then each detector's state, None until
# the detector first wants an event of the key: of most keys most detectors never see anything.
LATEST, IDS, STATES = 0, 1, 2

# Before, between and behind the ids of a cell, which are one text: eight strings for each of a million
# keys would be half of the memory. No id has it: the codec refuses control characters.
PARTER = "\n"

# At least so many of a key's last event ids are kept, to tell a repeat from an event. They are cut back to
# that when they fill the room of twice as many of the newest one's length: counting them took longer.
_LEAST_IDS = 8
MOST_IDS = 2 * _LEAST_IDS

# The first bytes of a packed cell are its latest event time, to be read without unpacking the rest.
_TIME_BYTES = 8

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Any]).decode
_decode_raw = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode

Layout = list[tuple[str, int]]
Cell = list[Any]
# Gives the packed cell of a key, None where nothing is known of it.
Lookup = Callable[[str], bytes | None]


class Cells:
    """The cells of one bucket.

    `live` holds the cells touched since the last save or rest, `warm` those touched in the time before,
    and `packed` the rest. After a save `packed` has the warm ones too; it never has a live one.
    """

    def __init__(self, plan: ScopePlan, packed: dict[str, bytes], unseen: Lookup = lambda key: None) -> None:
        """Start from packed cells in this plan's layout (none for an empty bucket).

        `unseen` gives what is known of a key that has not been seen here, packed in that layout too.
        """
        self._unseen = unseen
        self._detectors = tuple(watcher.detector for watcher in plan.watchers)
        # With the place of each one's state behind the ids.
        self._dumps = tuple(enumerate((detector.dump for detector in self._detectors), start=STATES - IDS))
        self._versions = tuple(detector.state_version for detector in self._detectors)
        self._no_states = (None,) * len(self._detectors)
        self._memory_ms = plan.memory_ms
        self._swept_ms = 0
        self.live: dict[str, Cell] = {}
        self._warm: dict[str, Cell] = {}
        self.packed = packed

    def __contains__(self, key: object) -> bool:
        """Tell whether a key is held."""
        return key in self.live or key in self._warm or key in self.packed

    def __len__(self) -> int:
        """Count the keys held."""
        return len(self.live) + len(self._warm.keys() | self.packed.keys())

    def start(self, key: str, at_ms: int) -> Cell:
        """Put the cell of a key that has not been seen before `at_ms` into `live` and give it."""
        cell = self.live[key] = [at_ms, PARTER, *self._no_states]
        return cell

    def wake(self, key: str, at_ms: int) -> Cell:
        """Bring a key's cell into `live` and give it; one that has not been seen starts at `at_ms`."""
        packed = self.packed.pop(key, None)
        cell = self._warm.pop(key, None)
        if cell is None:
            packed = packed or self._unseen(key)
            if packed is None:
                return self.start(key, at_ms)
            cell = self._unpack(packed)
        self.live[key] = cell
        return cell

    def save(self, latest_ms: int) -> dict[str, bytes]:
        """Give every cell in packed form, packing again only what was touched since the last save."""
        pack = self._pack
        self.packed.update({key: pack(cell) for key, cell in self.live.items()})
        self._warm, self.live = self.live, {}
        self._sweep(latest_ms)
        return self.packed

    def rest(self, latest_ms: int) -> None:
        """Pack what nobody touched for a while, to save memory where nothing is saved."""
        pack = self._pack
        self.packed.update({key: pack(cell) for key, cell in self._warm.items()})
        self._warm, self.live = self.live, {}
        self._sweep(latest_ms)

    def _pack(self, cell: Cell) -> bytes:
        # Every key that was used since the last snapshot comes by here: half of what a snapshot costs.
        stamp: bytes = cell[LATEST].to_bytes(_TIME_BYTES)
        packed = cell[IDS:]
        for place, dump in self._dumps:
            state = packed[place]
            if state is not None:
                packed[place] = dump(state)
        return stamp + _encode(packed)

    def _unpack(self, packed: bytes) -> Cell:
        ids, *dumps = _decode(packed[_TIME_BYTES:])
        states = [
            None if dumped is None else detector.load(dumped, version)
            for detector, dumped, version in zip(self._detectors, dumps, self._versions, strict=True)
        ]
        return [int.from_bytes(packed[:_TIME_BYTES]), ids, *states]

    def _sweep(self, latest_ms: int) -> None:
        # Cells this old count as never seen wherever they are, so it does not matter when they go.
        if latest_ms - self._swept_ms < self._memory_ms // 4:
            return
        self._swept_ms = latest_ms
        oldest = max(0, latest_ms - self._memory_ms).to_bytes(_TIME_BYTES)
        for key in [key for key, packed in self.packed.items() if packed[:_TIME_BYTES] < oldest]:
            del self.packed[key]
            self._warm.pop(key, None)


def last_ids(ids: str) -> str:
    """Cut the text of a cell's event ids back to the last ones."""
    return PARTER + PARTER.join(ids.split(PARTER)[-_LEAST_IDS - 1 :])


def parts(packed: bytes) -> list[bytes]:
    """Give each detector's state of a packed cell as the bytes that it lies there in."""
    _, *states = _decode_raw(packed[_TIME_BYTES:])
    return [bytes(state) for state in states]


def relaid(
    packed: dict[str, bytes], saved: Layout, plan: ScopePlan, unseen: Lookup = lambda key: None
) -> dict[str, bytes]:
    """Give cells that were packed under another set of detectors in this plan's layout.

    A detector that is new takes what `unseen` gives of the key, packed in this layout, and starts empty where
    that gives nothing; the state of one that is gone is let go, and the others go on.
    """
    current = [(watcher.name, watcher.detector.state_version) for watcher in plan.watchers]
    if [tuple(entry) for entry in saved] == current:
        return packed
    places = {name: (index, version) for index, (name, version) in enumerate(saved)}
    laid: dict[str, bytes] = {}
    for key, cell in packed.items():
        ids, *dumps = _decode(cell[_TIME_BYTES:])
        known = unseen(key)
        _, *others = (None,) if known is None else _decode(known[_TIME_BYTES:])
        states = []
        for place, watcher in enumerate(plan.watchers):
            index, version = places.get(watcher.name, (-1, 0))
            detector = watcher.detector
            if index < 0:
                states.append(others[place] if others else None)
            elif dumps[index] is None:
                states.append(None)
            else:
                states.append(detector.dump(detector.load(dumps[index], version)))
        laid[key] = cell[:_TIME_BYTES] + _encode([ids, *states])
    return laid
