"""The recovery store spread over machines: what each has of it, and the epoch that all resume from.

Every file of the store lies on one machine, in its own recovery folder; the engine sends each snapshot to the
machine that has its file. No folder need be visible to two of them. Which epoch was the last that all
committed can only be told from all files together, so the machines tell each other what is in theirs.

ShareError              the shares do not make one store; the text says what is missing or where it is twice
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from flows import recovery
from flows.recovery import Execution, Front, opened, progress_rows, resume_epoch


class ShareError(Exception):
    """The recovery folders of a cluster's machines do not make one store."""


class Share(Struct, frozen=True, kw_only=True):
    """What one machine has of the recovery store.

    `count` is how many files the whole store has, 0 where this machine has none of them; `used` is whether
    anything was ever saved into its own. `remembered` are the partitions that its files hold a position of,
    by the step.
    """

    parts: tuple[int, ...] = ()
    count: int = 0
    used: bool = False
    executions: tuple[Execution, ...] = ()
    fronts: tuple[Front, ...] = ()
    remembered: dict[str, tuple[str, ...]] = {}


class Agreed(Struct, frozen=True, kw_only=True):
    """What all machines resume from: an epoch, and the partitions remembered anywhere, by the step.

    `count` is how many files the store has; where it is `new`, each machine makes its own.
    """

    epoch: int
    count: int
    new: bool
    remembered: dict[str, tuple[str, ...]]


def read_share(folder: Path, steps: Sequence[str]) -> Share:
    """Read what a machine has of the store; `steps` are those whose partitions are told.

    Raises RecoveryError when a file cannot be read.
    """
    with opened(folder, whole=False) as files:
        parts = [row for file in files for row in file.execute("SELECT part_index, part_count FROM parts")]
        executions, fronts = progress_rows(files)
        saved = any(file.execute("SELECT EXISTS (SELECT * FROM snaps)").fetchone()[0] for file in files)
        remembered = {
            step: tuple(
                sorted(
                    {
                        str(key)
                        for file in files
                        for (key,) in file.execute(
                            "SELECT DISTINCT state_key FROM snaps WHERE step_id = ?", (step,)
                        )
                    }
                )
            )
            for step in steps
        }
    return Share(
        parts=tuple(sorted(index for index, _ in parts)),
        count=max((count for _, count in parts), default=0),
        used=bool(saved or executions or fronts),
        executions=tuple(executions),
        fronts=tuple(fronts),
        remembered=remembered,
    )


def agree(shares: Mapping[int, Share]) -> Agreed:
    """Work out what all machines resume from, given the share of each.

    Raises ShareError when files are missing, or one of them is there twice.
    """
    count = max(share.count for share in shares.values())
    # Also when one of the machines was lost while they made their files.
    if not any(share.used for share in shares.values()):
        return Agreed(epoch=1, count=max(recovery.STORE_FILES, len(shares)), new=True, remembered={})
    homes = {part: [at for at, share in shares.items() if part in share.parts] for part in range(count)}
    if missing := [part for part, at in homes.items() if not at]:
        raise ShareError(
            f"no machine has {_names(missing)} of the recovery store; start the machine that has them, copy "
            "them into the recovery folder of one that is here, or begin anew with empty folders on all"
        )
    if twice := {part: at for part, at in homes.items() if len(at) > 1}:
        part, at = next(iter(twice.items()))
        raise ShareError(
            f"{_names(twice)} of the recovery store lie on several machines, such as {_names([part])} on "
            f"{' and '.join(map(str, at))}; each file belongs on one: keep the newer, remove the other"
        )
    remembered: dict[str, set[str]] = {}
    for share in shares.values():
        for step, partitions in share.remembered.items():
            remembered.setdefault(step, set()).update(partitions)
    return Agreed(
        epoch=resume_epoch(
            (row for share in shares.values() for row in share.executions),
            (row for share in shares.values() for row in share.fronts),
        ),
        count=count,
        new=False,
        remembered={step: tuple(sorted(found)) for step, found in remembered.items()},
    )


def settle(folder: Path, agreed: Agreed, *, flow: str, profile: str, index: int, machines: int) -> None:
    """Bring a machine's recovery folder to where all resume from.

    Raises RecoveryError when it holds something else, or cannot be read.
    """
    there = recovery.check_whose(folder, flow, profile)
    if there and agreed.new:
        recovery.unmake(folder)
    if agreed.new or not there:
        # A machine that joins later has no file of the store, and writes what it must through those who have.
        kept = slice(index, None, machines) if agreed.new else slice(0)
        recovery.make(folder, flow, profile, kept, agreed.count)
    recovery.repair(folder, agreed.epoch)


def _names(parts: Sequence[int] | Mapping[int, object]) -> str:
    return ", ".join(f"part-{part}.sqlite3" for part in parts)
