"""The `evidence-verify` command: whether an evidence package is what the desk signed."""

from pathlib import Path

import click
import orjson

from cases.audit.keys import PUBLIC_KEY, default_folder, read_public_key
from cases.evidence.verification import verify_package
from cli.desk_options import JSON
from domain.wording import counted


@click.command(
    "evidence-verify",
    epilog="Example: riskdesk evidence-verify C0123456789.zip --key signing.pub.pem",
)
@click.argument("package", metavar="ZIP", type=click.Path(path_type=Path))
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The desk's public key, had from the bank and not from the package.  [the one in RISKDESK_KEYS]",
)
@JSON
@click.pass_context
def evidence_verify(ctx: click.Context, package: Path, key: Path | None, as_json: bool) -> None:
    """Check an evidence package: signature, every file in it, and proofs of its audit.

    Exit code 1 says that something is wrong with it, or that it could not be checked.
    """
    public_key = read_public_key(key or default_folder() / PUBLIC_KEY)
    checked = verify_package(package, public_key)
    if as_json:
        click.echo(orjson.dumps(checked._asdict()))
    else:
        for fault in checked.faults:
            click.echo(fault)
    verdict = counted(len(checked.faults), "fault") if checked.faults else "as the desk signed it"
    click.echo(f"{checked.case or package}, {counted(checked.parts, 'part')}: {verdict}", err=True)
    ctx.exit(1 if checked.faults else 0)
