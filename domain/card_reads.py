"""What a card reader has read and failed to read: its habit, and what came since it may have changed."""

from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import astuple

# Before a reader has a habit it is taken to have this one, weighing as much as so many reads and blocks.
_PRIOR_SHARE, _PRIOR_READS = 0.02, 200
_PRIOR_DISPERSION, _PRIOR_BLOCKS = 2.0, 100


class Use(Struct, frozen=True, gc=False):
    """Whose card was in the reader."""

    at_ms: int
    card: str
    customer: str | None
    last4: str | None


class Tally(NamedTuple):
    """Reads, those that failed, in how many blocks, and how far these lie from what was usual (Pearson)."""

    reads: float = 0.0
    errors: float = 0.0
    blocks: float = 0.0
    spread: float = 0.0

    def with_block(self, reads: int, errors: int, usual: float) -> "Tally":
        """Count reads that came together, where `usual` is the share that fails."""
        away = (errors - reads * usual) ** 2 / (reads * usual * (1 - usual))
        return Tally(self.reads + reads, self.errors + errors, self.blocks + 1, self.spread + away)

    def joined(self, other: "Tally", most_reads: float) -> "Tally":
        """Add what came later; of more than `most_reads` the older fade."""
        both = Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))
        fade = min(1.0, most_reads / both.reads) if both.reads else 1.0
        return Tally(*(value * fade for value in both))


class Reads(Struct):
    """What is known of a reader.

    `usual` is its habit and `held` what is not learnt yet. `reads` and `errors` came since `since_ms`, before
    which nothing speaks for a change, and `weight` is how much speaks for one since (natural log); once it is
    `told` they are of the block that goes on. `units` has the newest counters of each unit: their time (ms),
    attempts, errors and load.
    """

    newest_ms: int = 0
    error_ms: int = 0
    fault_ms: int | None = None
    counts_itself: bool = False
    since_ms: int = 0
    reads: int = 0
    errors: int = 0
    weight: float = 0.0
    told: bool = False
    high_blocks: int = 0
    usual: Tally = Tally()
    held: Tally = Tally()
    units: dict[int, list[Any]] = {}
    cues: list[tuple[int, str]] = []
    uses: list[Use] = []

    @property
    def share(self) -> float:
        """The usual share of failures, drawn towards that of readers by default."""
        errors = self.usual.errors + _PRIOR_SHARE * _PRIOR_READS
        return errors / (self.usual.reads + _PRIOR_READS)

    @property
    def dispersion(self) -> float:
        """How much wider failures scatter than by chance alone, 1 at least: who fails tries again."""
        spread = self.usual.spread + _PRIOR_DISPERSION * _PRIOR_BLOCKS
        return max(1.0, spread / (self.usual.blocks + _PRIOR_BLOCKS))

    def learn(self, most_reads: float) -> None:
        """Take what is held for usual."""
        self.usual, self.held = self.usual.joined(self.held, most_reads), Tally()

    def begin_anew(self, at_ms: int) -> None:
        """Say that nothing speaks for a change, and that one may begin now."""
        self.since_ms, self.uses, self.held = max(at_ms, self.since_ms), [], Tally()
        self.reads = self.errors = 0
        self.weight = 0.0

    def dump(self) -> tuple[Any, ...]:
        """Give it as plain values."""
        *plain, units, cues, uses = astuple(self)
        held = [(unit, *known) for unit, known in units.items()]
        return (*plain, held, cues.copy(), [astuple(use) for use in uses])

    @classmethod
    def load(cls, dumped: list[Any]) -> "Reads":
        """Read what `dump` wrote."""
        *plain, units, cues, uses = dumped
        reads = cls(*plain)
        reads.usual, reads.held = Tally(*reads.usual), Tally(*reads.held)
        reads.units = {unit: known for unit, *known in units}
        reads.cues = [(at_ms, code) for at_ms, code in cues]
        reads.uses = [Use(*use) for use in uses]
        return reads
