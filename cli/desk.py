"""The `desk` command: serves the web desk over a store."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
from pydantic import ValidationError

from cases.store import Store
from cli.desk_bank import BANK, open_history, open_vault
from cli.desk_options import STORE, Instant, now_ms, opened, options
from cli.forecasts import forecast_alerts
from cli.serving import served
from cli.shared_secret import read_secret
from desk.app import create_app
from desk.demo import for_demo
from desk.serving import serve
from desk.settings import DeskSettings, OidcSettings
from domain.instants import to_ms
from domain.time_zones import known_zone
from observability.beside import DeskMetrics
from observability.logs import LEVELS, set_up_logs

OIDC_SECRET = "RISKDESK_OIDC_SECRET"
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_LISTENING = options(
    click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen."),
    click.option(
        "--port",
        type=click.IntRange(0, 65_535),
        default=8642,
        show_default=True,
        help="At which port; 0 takes any.",
    ),
    click.option("--tls-certificate", type=_FILE, help="Certificate chain (PEM), beyond loopback."),
    click.option("--tls-key", type=_FILE, help="Its key (PEM)."),
    click.option("--behind-proxy", is_flag=True, help="A proxy in front of it speaks TLS."),
)
_LOOKS = options(
    click.option("--reports", type=_FOLDER, help="Folder of analysts' reports."),
    click.option(
        "--language",
        type=click.Choice(["en", "zh"]),
        default="en",
        show_default=True,
        help="Of who is not signed in.",
    ),
    click.option("--time-zone", default="Asia/Shanghai", show_default=True, help="Of who is not signed in."),
    click.option("--demo", is_flag=True, help="Let anybody on this machine try every role; loopback only."),
    click.option("--begins-at", type=Instant(), help="What time it is when a demo begins.  [now]"),
    click.option(
        "--reveals-per-hour",
        type=click.IntRange(1, 1000),
        default=20,
        show_default=True,
        help="How many numbers in full one person may be shown within an hour.",
    ),
    click.option(
        "--metrics-port",
        type=click.IntRange(0, 65_535),
        default=0,
        help="Loopback port for Prometheus, which also tells how the desk stands.",
    ),
    click.option(
        "--log-level",
        type=click.Choice(LEVELS),
        default="warning",
        show_default=True,
        help="The least that is logged.",
    ),
)


_BANK_SIGN_IN = options(
    click.option("--oidc-issuer", help="The bank's own sign-in (OpenID Connect), as it calls itself."),
    click.option("--oidc-client-id", help="What the desk is called there."),
    click.option(
        "--oidc-secret-file",
        type=_FILE,
        help=f"File, readable by you alone, with the desk's secret there; else {OIDC_SECRET} is it.",
    ),
    click.option(
        "--oidc-groups-claim", default="groups", show_default=True, help="Which claim says the groups."
    ),
)


@click.command(epilog="Example: riskdesk desk --store sqlite:///desk.db --history transactions.jsonl.zst")
@options(_LISTENING, BANK, _BANK_SIGN_IN, _LOOKS, STORE)
def desk(
    host: str,
    port: int,
    tls_certificate: Path | None,
    tls_key: Path | None,
    behind_proxy: bool,
    histories: tuple[str, ...],
    vault: str | None,
    secret_file: Path | None,
    oidc_issuer: str | None,
    oidc_client_id: str | None,
    oidc_secret_file: Path | None,
    oidc_groups_claim: str,
    reports: Path | None,
    language: str,
    time_zone: str,
    demo: bool,
    begins_at: datetime | None,
    reveals_per_hour: int,
    metrics_port: int,
    log_level: str,
    url: str,
) -> None:
    """Serve the web desk: work, queue, devices, approvals and the rest, in a browser."""
    try:
        settings = DeskSettings(
            host=host,
            port=port,
            tls_certificate=tls_certificate,
            tls_key=tls_key,
            behind_proxy=behind_proxy,
            reports=reports,
            reveals_per_hour=reveals_per_hour,
            language=language,  # type: ignore[arg-type]
            time_zone=known_zone(time_zone),
            demo=demo,
            oidc=_bank_sign_in(oidc_issuer, oidc_client_id, oidc_groups_claim),
        )
    except ValidationError as error:
        raise click.UsageError("; ".join(each["msg"] for each in error.errors())) from error
    except ValueError as error:
        raise click.UsageError(f"--time-zone {error}") from error
    if begins_at is not None and not demo:
        raise click.UsageError("--begins-at is for a --demo: a desk at work lives in the time of today")
    clock = now_ms if begins_at is None else _clock_from(to_ms(begins_at))
    set_up_logs(log_level)
    with opened(url) as opened_store:
        store = for_demo(opened_store) if demo else opened_store
        metrics = DeskMetrics()
        with open_history(histories, store, secret_file) as history, served(metrics, metrics_port, url):
            app = create_app(
                store,
                settings,
                clock,
                history=history,
                vault=open_vault(vault, secret_file),
                forecast=forecast_alerts,
                oidc_secret="" if oidc_issuer is None else _oidc_secret(oidc_secret_file),
                metrics=metrics,
            )
            serve(app, settings, lambda address: _say_where(store, settings, address))


def _bank_sign_in(issuer: str | None, client_id: str | None, groups_claim: str) -> OidcSettings | None:
    if issuer is None and client_id is None:
        return None
    if not issuer or not client_id:
        raise click.UsageError("the bank's sign-in takes both --oidc-issuer and --oidc-client-id")
    return OidcSettings(issuer=issuer, client_id=client_id, groups_claim=groups_claim)


def _oidc_secret(path: Path | None) -> str:
    secret = read_secret(path, OIDC_SECRET)
    if not secret:
        raise click.UsageError(f"the bank's sign-in takes a secret: --oidc-secret-file, or {OIDC_SECRET}")
    return secret.decode()


def _clock_from(begin_ms: int) -> Callable[[], int]:
    behind_ms = now_ms() - begin_ms
    return lambda: now_ms() - behind_ms


def _say_where(store: Store, settings: DeskSettings, address: str) -> None:
    click.echo(f"the desk is at {address}", err=True)
    if settings.demo:
        click.echo("choose there who you are; Ctrl-C ends it", err=True)
        return
    token = store.accounts.first_token(now_ms())
    if token is not None:
        click.echo(
            f"nobody has an account yet; make the first one within the hour at {address}/first?token={token}",
            err=True,
        )
