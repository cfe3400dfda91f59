"""Whether the store of a run can be used: reachable, of our schema, writable, contents and keys in order."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from cases.audit.keys import PUBLIC_KEY, default_folder
from cases.errors import CaseError, StoreMissing, StoreTooOld
from cases.store import Store, open_store
from cases.trying_out import Tried, try_out
from connectors.patience import patiently
from domain.reference import Reference
from domain.wording import counted
from flows.findings import Finding, note, problem

_SQLITE = "sqlite:///"


class StoreCheck:
    """Looks at the store at a URL; `tried` is what it told, None before `findings` and where it cannot be."""

    def __init__(self, url: str, home_zone: str) -> None:
        """Look at `url`; `home_zone` is the bank's time zone."""
        self.tried: Tried | None = None
        self._url = url
        self._home_zone = home_zone

    def findings(self) -> Iterator[Finding]:
        """Give all that is to be said."""
        try:
            with open_store(self._url, create=False, upgrade=False) as store:
                yield from self._contents(store)
                yield from _keys(store.db.keys.folder)
        except StoreTooOld:
            yield note(
                "the store is of an older schema; the run brings it up to date, as `store migrate` does"
            )
        except StoreMissing:
            yield from self._missing()
        except CaseError as error:
            yield problem(str(error))

    def _contents(self, store: Store) -> Iterator[Finding]:
        try:
            self.tried = try_out(store.db)
            records = list(store.reference.all())
            Reference.of(records, self._home_zone)
            fleet = list(store.reference.all_fleet())
            store.reference.fleet(self._home_zone)
            tables = sum(1 for _ in store.models.later({}))
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            yield problem(f"the reference data in the store cannot be used ({error}); load it again")
        except CaseError as error:
            yield problem(str(error))
        else:
            yield note(
                f"reference data: {counted(len(records), 'record')}; fleet: {counted(len(fleet), 'record')}"
            )
            if tables:
                yield note(f"learnt tables: {counted(tables, 'version')}, each from its time on")

    def _missing(self) -> Iterator[Finding]:
        if self._url.startswith(_SQLITE):
            folder = Path(self._url.removeprefix(_SQLITE)).parent
            if not folder.is_dir():
                yield problem(f"there is no folder {folder} to make the store in; make it")
                return
            if not os.access(folder, os.W_OK):
                yield problem(f"{folder} cannot be written, so that no store can be made in it")
                return
            yield from _keys(default_folder(folder))
        yield note("there is no store yet; the run makes it")


def wait_for_store(url: str) -> None:
    """Wait while the store at `url` is away or held by others, and log that; `findings` says the rest."""
    with suppress(CaseError):
        patiently(lambda: open_store(url, create=False, upgrade=False).close())


def _keys(folder: Path) -> Iterator[Finding]:
    """See that nobody but their owner can read the keys that are there; those that are not are made."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file() and path.name != PUBLIC_KEY and mode & 0o077:
            yield problem(f"{path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")
        elif path.is_file() and not os.access(path, os.R_OK):
            yield problem(f"{path} cannot be read by this user; run riskdesk as its owner")
