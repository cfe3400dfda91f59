"""What the desk asks of the bank: cards' transactions, and the numbers behind tokens and references."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import click

from cases.store import Store
from cli.desk_options import now_ms, options
from cli.shared_secret import read_secret
from desk.bank.history import CardHistory, HistoryAway, HttpHistory, NoHistory
from desk.bank.recorded_history import RecordedHistory
from desk.bank.vault import CardVault, HttpVault, LoopbackVault, NoVault
from domain.reference import Reference

HISTORY_SECRET = "RISKDESK_HISTORY_SECRET"
VAULT_SECRET = "RISKDESK_VAULT_SECRET"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

# A command with these takes `histories`, `vault` and `secret_file`.
BANK = options(
    click.option(
        "--history",
        "histories",
        multiple=True,
        help="Where cards' transactions are looked up: recorded files, or https://... of the bank.",
    ),
    click.option("--vault", help="Where numbers are revealed from: https://... of the bank, or loopback."),
    click.option("--secret-file", type=_FILE, help="File with the secret shared with history and vault."),
)


@contextmanager
def open_history(given: tuple[str, ...], store: Store, secret_file: Path | None) -> Iterator[CardHistory]:
    """Open what knows the transactions of cards; recorded files are read meanwhile. Raises UsageError."""
    if not given:
        yield NoHistory()
        return
    if given[0].startswith("https://"):
        if len(given) > 1:
            raise click.UsageError("--history is either one https://... address or recorded files")
        yield HttpHistory(given[0], _secret(secret_file, HISTORY_SECRET), now_ms)
        return
    paths = [Path(each) for each in given]
    if missing := [str(path) for path in paths if not path.exists()]:
        raise click.UsageError(f"--history: there is no file or folder {', '.join(missing)}")
    reference = Reference.of(store.reference.all(), store.policy.calling.time_zone)
    with RecordedHistory(paths, reference) as history:
        # Nobody waits for it: who asks before it is through is told so.
        Thread(target=_read_ahead, args=(history,), daemon=True, name="history").start()
        yield history


def open_vault(given: str | None, secret_file: Path | None) -> CardVault:
    """Give what knows the numbers. Raises UsageError."""
    if given is None:
        return NoVault()
    if given == "loopback":
        return LoopbackVault()
    if not given.startswith("https://"):
        raise click.UsageError("--vault should be https://... or loopback")
    return HttpVault(given, _secret(secret_file, VAULT_SECRET), now_ms)


def _read_ahead(history: RecordedHistory) -> None:
    with suppress(HistoryAway):  # whoever asks next reads on, and is told why not
        history.refresh()


def _secret(secret_file: Path | None, variable: str) -> bytes:
    secret = read_secret(secret_file, variable)
    if secret is None:
        raise click.UsageError(f"the bank's system takes a secret: give --secret-file, or set {variable}")
    return secret
