"""The folder of reports that analysts leave for the desk: pages of backtests, shadow runs and tunings."""

from pathlib import Path

import orjson
from msgspec import Struct

from cases.errors import NotFound
from cases.profiles.version import digest_of
from cases.signing_off.change import Report
from desk.rule_page.report_figures import KeyFigures, key_figures

# What a page lists at most, and how large a file may be that it looks into.
_MOST = 50
_MOST_JSON_BYTES = 256_000
_MOST_PAGE_BYTES = 20_000_000


class ReportFile(Struct, frozen=True, kw_only=True):
    """A report: its page, when that was written (ms since 1970), and the figures of the JSON beside it."""

    name: str
    at_ms: int
    bytes: int
    figures: KeyFigures | None


class ReportFolder:
    """Reports in a folder; only what lies in it by a plain name is ever read."""

    def __init__(self, folder: Path | None) -> None:
        """Look into `folder`; None for a desk without one."""
        self._folder = folder

    @property
    def there(self) -> bool:
        """Tell whether a folder was named and is there."""
        return self._folder is not None and self._folder.is_dir()

    def all(self) -> tuple[ReportFile, ...]:
        """Give the reports, the newest first."""
        if self._folder is None or not self._folder.is_dir():
            return ()
        pages = sorted(self._folder.glob("*.html"), key=lambda path: (-path.stat().st_mtime_ns, path.name))
        return tuple(
            ReportFile(
                name=path.name,
                at_ms=path.stat().st_mtime_ns // 1_000_000,
                bytes=path.stat().st_size,
                figures=key_figures(_numbers(path)),
            )
            for path in pages[:_MOST]
        )

    def page(self, name: str) -> bytes:
        """Give the page of a report. Raises NotFound."""
        return self._path(name).read_bytes()

    def report(self, name: str) -> Report:
        """Give what is kept of a report on which something is proposed. Raises NotFound."""
        path = self._path(name)
        return Report(name=path.name, digest=digest_of(path.read_bytes()), figures=_numbers(path))

    def _path(self, name: str) -> Path:
        # By looking among what is there, so that no name leads elsewhere.
        if self._folder is not None and self._folder.is_dir():
            for path in self._folder.glob("*.html"):
                if path.name == name and path.is_file() and path.stat().st_size <= _MOST_PAGE_BYTES:
                    return path
        raise NotFound(f"there is no report {name[:80]!r} in the desk's folder of reports")


def _numbers(page: Path) -> dict[str, object] | None:
    """Read the JSON that was written beside a page; None without one, or where nobody would read it all."""
    beside = page.with_suffix(".json")
    if not beside.is_file() or beside.stat().st_size > _MOST_JSON_BYTES:
        return None
    try:
        found = orjson.loads(beside.read_bytes())
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
