"""The `evidence` command: the signed package of a case, ready for the police."""

from pathlib import Path

import click

from cli.desk_options import STORE, WHO, now_ms, opened, options, who


@click.command(
    epilog="Example: riskdesk evidence C0123456789 -o C0123456789.zip --agent lead-1 --role lead "
    "--store sqlite:///desk.db"
)
@click.argument("case_id", metavar="CASE")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip to write; one that is there is replaced.",
)
@options(WHO, STORE)
def evidence(case_id: str, output: Path, agent: str, role: str, url: str) -> None:
    """Write the signed evidence package of a CASE: a document to read, and the records behind it.

    Two people must want it: the export is proposed and approved as an action first. The same case gives the
    same bytes. `riskdesk evidence-verify` checks a package.
    """
    if not output.parent.is_dir():
        raise click.UsageError(f"cannot write {output}: make the folder {output.parent} first")
    with opened(url) as store:
        package = store.evidence.export(case_id, who(agent, role), now_ms())
    # Never half a package under its name.
    draft = output.with_name(f".{output.name}.part")
    draft.write_bytes(package)
    draft.replace(output)
    click.echo(f"{output} holds the evidence of {case_id}, {len(package):,} bytes", err=True)
