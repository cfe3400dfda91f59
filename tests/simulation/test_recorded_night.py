"""The night in replay_data is whole: what its truth names is in its stream, and its bank knows it all."""

from pathlib import Path

import msgspec
import zstandard

from connectors.blocks import Block
from connectors.codec import Codec
from connectors.reference_files import read_reference
from connectors.time_bounds import TimeBounds
from domain.events import Progress
from domain.reference import Reference
from simulation.truth import Incident, Lookalike

NIGHT = Path(__file__).parents[2] / "replay_data" / "night"


def _stream() -> bytes:
    packed = (NIGHT / "transactions.jsonl.zst").read_bytes()
    return zstandard.ZstdDecompressor().decompressobj().decompress(packed)


def test_the_recorded_night_is_small_enough_to_ship() -> None:
    assert sum(file.stat().st_size for file in NIGHT.iterdir()) < 3_000_000


def test_the_recorded_night_is_whole() -> None:
    events, rejected = Codec(TimeBounds(0, 2**42, 0)).decode(Block("night", 0, _stream(), last=True))
    assert (len(events), rejected) == (32_000, [])
    reference = Reference.of(read_reference([NIGHT / "reference.jsonl.zst"]), "Asia/Shanghai")
    assert all(reference.join(event) for event in events if not isinstance(event, Progress))
    truths = msgspec.json.Decoder(Incident | Lookalike).decode_lines((NIGHT / "truth.jsonl").read_bytes())
    named = {event_id for truth in truths for event_id in truth.event_ids}
    assert named <= {event.event_id for event in events if not isinstance(event, Progress)}
    rings = {
        truth.ring: (truth.kind, len(truth.cards), len(truth.customers))
        for truth in truths
        if isinstance(truth, Incident) and truth.ring
    }
    assert rings == {"ring-1": ("travel_ring", 8, 4), "ring-2": ("opened_together", 12, 6)}
