"""The recorded streams: what lies in a folder of replay_data, and what a run over it needs.

A folder with a `stream.yaml` is a stream. `profile`, `inputs` in their order and `reference` are files, named
from that folder; `beside` is what another profile, which shares a pass with the stream's own, sets otherwise:
parameters by the names of detectors, null for one that it leaves out. `alerts.jsonl` is what it must give.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from benchmarks.nights import ROOT
from benchmarks.parity_command import run_here
from benchmarks.parity_shapes import unpacked
from config.profiles import Profile, load_profile
from connectors.alert_file import read_alert_file

RECORDED = ROOT / "replay_data"

Record = dict[str, Any]


class _Said(Struct, frozen=True, forbid_unknown_fields=True):
    """What a stream.yaml says."""

    profile: Path
    inputs: tuple[Path, ...]
    reference: tuple[Path, ...]
    beside: dict[str, dict[str, Any] | None]


class Stream(Struct, frozen=True, kw_only=True):
    """A recorded stream: its files, where they lie."""

    name: str
    profile: Path
    inputs: tuple[Path, ...]
    reference: tuple[Path, ...]
    alerts: Path
    beside: dict[str, dict[str, Any] | None]

    @classmethod
    def read(cls, folder: Path) -> "Stream":
        """Read the stream in a folder. Raises msgspec.MsgspecError where its stream.yaml is wrong."""
        text = (folder / "stream.yaml").read_bytes()
        said = msgspec.yaml.decode(text, type=_Said, dec_hook=lambda type_, value: type_(value))
        return cls(
            name=folder.name,
            profile=(folder / said.profile).resolve(),
            inputs=tuple(folder / path for path in said.inputs),
            reference=tuple(folder / path for path in said.reference),
            alerts=folder / "alerts.jsonl",
            beside=said.beside,
        )


class Run(Struct, frozen=True, kw_only=True):
    """A stream made ready to be run again and again; all that is written lies in `folder`.

    `plain` are its inputs decompressed, `store` a database that holds the reference data and nothing else,
    `other` the profile that stands beside its own.
    """

    stream: Stream
    folder: Path
    plain: tuple[Path, ...]
    store: Path
    other: Path

    @property
    def profile(self) -> Profile:
        """The stream's own profile, read."""
        return load_profile(self.stream.profile)

    @property
    def flow(self) -> str:
        """The flow as `riskdesk run` names it."""
        return self.profile.flow.replace("_", "-")

    @property
    def golden(self) -> list[Record]:
        """The alerts that the stream must give."""
        return list(read_alert_file(self.stream.alerts))

    @property
    def reference_url(self) -> str:
        """The database of the reference data, which is only read."""
        return f"sqlite:///{self.store}"

    def new_store(self, name: str) -> str:
        """Copy the reference data to a database of its own, and give its URL."""
        path = self.folder / f"{name}.sqlite"
        shutil.copyfile(self.store, path)
        return f"sqlite:///{path}"


def recorded_streams(folder: Path = RECORDED) -> list[Stream]:
    """Read all streams of a folder, in the order of their names."""
    return [Stream.read(path.parent) for path in sorted(folder.glob("*/stream.yaml"))]


def make_ready(stream: Stream, folder: Path) -> Run:
    """Put what the runs over a stream need into a new folder. Raises RuntimeError when that fails."""
    folder.mkdir(parents=True)
    store, other = folder / "reference.sqlite", folder / "beside.yaml"
    run_here("reference", "load", *stream.reference, "--store", f"sqlite:///{store}")
    other.write_text(profile_beside(stream), "utf-8")
    return Run(
        stream=stream, folder=folder, plain=_plain(stream.inputs, folder / "plain"), store=store, other=other
    )


def profile_beside(stream: Stream) -> str:
    """Write the profile that stands beside a stream's own."""
    profile = yaml.safe_load(stream.profile.read_text("utf-8"))
    for name, parameters in stream.beside.items():
        if parameters is None:
            del profile["detectors"][name]
        else:
            profile["detectors"][name] = (profile["detectors"][name] or {}) | parameters
    tables = [str(stream.profile.parent / table) for table in profile.get("tables", ())]
    return yaml.safe_dump(profile | {"name": f"{profile['name']}_beside", "tables": tables}, sort_keys=False)


def write_golden(stream: Stream, folder: Path) -> None:
    """Write the alerts of a stream anew, by a replay as a user runs it. Raises RuntimeError when it fails."""
    run = make_ready(stream, folder)
    url = run.new_store("golden")
    run_here("replay", stream.profile, *stream.inputs, "--store", url, "--alerts", stream.alerts, "--quiet")


def _plain(inputs: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    folder.mkdir()
    paths = []
    for packed in inputs:
        path = folder / packed.name.removesuffix(".zst")
        path.write_bytes(unpacked(packed))
        paths.append(path)
    return tuple(paths)
