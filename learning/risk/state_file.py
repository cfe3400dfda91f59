"""A learner's state as a file in a folder: whole or not at all, of a stated format, plain values only.

It holds no object of River's: these change from release to release, and the numbers in them do not.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from learning.risk.learner import Learner, LearnerState
from learning.risk.settings import SettingsError

# Raised when what is written means something else; a file of another format is refused.
FORMAT = 1
NAME = "learner.msgpack"


class StateError(ValueError):
    """A folder that holds no state a learner can go on from; the message says why, and what to do."""


def write_state(folder: Path, learner: Learner) -> Path:
    """Write a learner's state into `folder`, which is made where there is none; give the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    draft = folder / f".{NAME}.draft"
    # The format comes first, so that it can be read where the rest cannot.
    with draft.open("wb") as file:
        file.write(msgspec.msgpack.encode(FORMAT))
        file.write(msgspec.msgpack.encode(learner.dump()))
    draft.replace(path)
    return path


def read_state(folder: Path, wanted: Mapping[str, object] | None = None) -> Learner | None:
    """Give the learner that goes on from the state in `folder`, None where there is none yet.

    Raises StateError for a file of another format, and SettingsError where a `wanted` setting is not that of
    the state: by these, features were frozen and labels taken or left.
    """
    path = folder / NAME
    if not path.exists():
        return None
    written = path.read_bytes()
    # A number below 128 is one byte of MessagePack.
    if written[:1] != msgspec.msgpack.encode(FORMAT):
        raise StateError(
            f"{path} is not of format {FORMAT}, which this release reads; learn anew into an empty folder, "
            "or go on with the release that wrote it"
        )
    try:
        state = msgspec.msgpack.decode(memoryview(written)[1:], type=LearnerState)
    except (msgspec.MsgspecError, SettingsError) as error:
        raise StateError(f"{path} cannot be read ({error}); take an older copy, or learn anew") from None
    of_state = {name: getattr(state.settings, name) for name in wanted or ()}
    if other := [name for name, value in (wanted or {}).items() if value != of_state[name]]:
        raise SettingsError(
            f"the state in {folder} was learnt with another {', '.join(other)} "
            f"({', '.join(str(of_state[name]) for name in other)}); leave that out to go on with it, or "
            "learn anew into an empty folder"
        )
    return Learner.load(state)
