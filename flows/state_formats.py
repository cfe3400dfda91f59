"""By what the state in a recovery folder was written, and what of it the profile of this run goes on with.

It is on record beside the state. Detectors may come, go, and be set otherwise: the others go on with what
they remember. What this riskdesk could not read, or would never look at again, is refused before any process
starts.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from msgspec import Struct

import detectors
from config.profiles import Profile
from flows.plan import watch_step
from flows.recovery import RecoveryError, opened
from flows.snapshots import SNAPSHOT_FORMAT

FORMATS = "formats.json"
NOTHING_BESIDE: Mapping[str, Profile] = MappingProxyType({})


class Formats(Struct, frozen=True, kw_only=True):
    """By what a state was written.

    `partitioned_by` is how the profile's input is. `detectors` gives the highest state version of each
    detector that ever ran; `enabled` are those that ran last. What is empty is of a riskdesk that kept no
    record.
    """

    snapshot: int = 1
    partitioned_by: str = ""
    detectors: dict[str, int] = {}
    enabled: tuple[str, ...] = ()


class Changed(Struct, frozen=True, kw_only=True):
    """How the detectors differ from those that ran last."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def read_formats(folder: Path) -> Formats:
    """Read what is on record. Raises RecoveryError when that is damaged."""
    path = folder / FORMATS
    if not path.exists():
        return Formats()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Formats)
    except msgspec.MsgspecError as error:
        raise RecoveryError(
            f"{path} does not say what wrote this state ({error}); restore it, or begin anew with an "
            "empty folder"
        ) from error


def check(folder: Path, profile: Profile, beside: Mapping[str, Profile] = NOTHING_BESIDE) -> Changed:
    """See whether a run with `profile` can go on with the state in `folder`, and what changes for it.

    `beside` are the profiles that run beside it, by their names in the job; their changes are not told.
    Raises RecoveryError naming everything that stands against it.
    """
    found = read_formats(folder)
    ours = _versions(profile)
    against = [
        f"{name} has state of version {found.detectors[name]}, this riskdesk reads it up to {version}"
        for name, version in _all_versions(profile, beside).items()
        if found.detectors.get(name, 0) > version
    ]
    if found.snapshot > SNAPSHOT_FORMAT:
        against.append(
            f"snapshots have format {found.snapshot}, this riskdesk reads them up to {SNAPSHOT_FORMAT}"
        )
    if against:
        raise RecoveryError(
            f"{folder} was written by a newer riskdesk: {'; '.join(against)}; go on with that one, or begin "
            "anew with an empty folder"
        )
    if found.partitioned_by not in ("", profile.input.partitioned_by):
        raise RecoveryError(
            f"{folder} holds the state of input partitioned by {found.partitioned_by}, and the profile now "
            f"says {profile.input.partitioned_by}, which would leave what is known of every card behind; "
            "change it back, or begin anew with an empty folder"
        )
    if not found.enabled:
        return Changed()
    return Changed(
        added=tuple(sorted(ours.keys() - set(found.enabled))),
        removed=tuple(sorted(set(found.enabled) - ours.keys())),
    )


def settle(folder: Path, profile: Profile, beside: Mapping[str, Profile] = NOTHING_BESIDE) -> Changed:
    """Bring `folder` to what a run with `profile` goes on with, and put that on record; returns as `check`.

    What a scope knew that nobody watches any more is let go: if it is watched again one day, it begins anew
    rather than with a gap. Only while no process of the flow is alive.
    """
    changed = check(folder, profile, beside)
    _let_go(folder, profile.flow, {"": profile} | dict(beside))
    ours = _versions(profile)
    formats = Formats(
        snapshot=SNAPSHOT_FORMAT,
        partitioned_by=profile.input.partitioned_by,
        detectors=read_formats(folder).detectors | _all_versions(profile, beside),
        enabled=tuple(ours),
    )
    draft = folder / f"{FORMATS}.draft"
    draft.write_bytes(msgspec.json.encode(formats))
    draft.replace(folder / FORMATS)
    return changed


def _let_go(folder: Path, flow: str, lanes: Mapping[str, Profile]) -> None:
    kept = [
        f"{flow}.{watch_step(detector.scope, lane)}"
        for lane, profile in lanes.items()
        for detector in profile.build_detectors()
    ]
    with opened(folder, whole=False) as files:
        for file in files:
            file.execute(
                "DELETE FROM snaps WHERE (step_id GLOB ? OR step_id GLOB ?) "
                f"AND step_id NOT IN ({', '.join('?' * len(kept))})",
                (f"{flow}.watch_*", f"{flow}.beside_*_watch_*", *kept),
            )
            file.commit()


def _all_versions(profile: Profile, beside: Mapping[str, Profile]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in (profile, *beside.values()):
        found |= _versions(each)
    return found


def _versions(profile: Profile) -> dict[str, int]:
    return {detectors.name_of(each): each.state_version for each in profile.build_detectors()}
