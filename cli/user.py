"""The `user` command: who may sign in at the desk, with the second person that most changes take."""

from typing import Any

import click
import orjson

from cases.accounts.policy import PEOPLE
from cases.accounts.users import LANGUAGES, AccountChange, Proposed, User, change_record, user_record
from cases.who import Role
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from cli.profile_options import WHY
from cli.user_sessions import revoke, sessions
from cli.user_tokens import token
from domain.instants import iso
from domain.wording import counted

_NAME = click.argument("name")
_AS = click.option(
    "--as",
    "wanted",
    type=click.Choice([role.value for role in PEOPLE]),
    required=True,
    help="What the user is to be; --role is what you are.",
)
_SKILLS = click.option(
    "--skill", "skills", multiple=True, help="A kind of task they are given; again for more.  [by role]"
)


@click.group(epilog="Example: riskdesk user list --role ops --agent ops-1 --store sqlite:///desk.db")
def user() -> None:
    """Say who may sign in at the desk: users, invitations, sessions, and tokens of programs.

    A user is added, changed, let back in or reset when somebody else approves it; disabling takes one person.
    """


@user.command(epilog="Example: riskdesk user first --store sqlite:///desk.db")
@STORE
@click.pass_context
def first(ctx: click.Context, url: str) -> None:
    """Print the token with which the first user is made, while nobody can sign in yet.

    The desk asks for it. It holds for an hour, once, and until another one is printed.
    """
    with opened(url) as store:
        made = store.accounts.first_token(now_ms())
    if made is None:
        click.echo("there are users already; one of them adds others: riskdesk user add", err=True)
        ctx.exit(1)
    click.echo(made)
    click.echo("open the desk within the hour, and make the first user with this token", err=True)


@user.command(
    epilog='Example: riskdesk user add ana-1 --as analyst --why "joins on Monday" --role ops --agent ops-1 '
    "--store sqlite:///desk.db"
)
@_NAME
@_AS
@_SKILLS
@click.option("--team", default="", help="Whose work they see first.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of their pages."
)
@click.option("--time-zone", help="As Asia/Shanghai.  [the desk's own]")
@options(WHY, WHO, STORE, JSON)
def add(
    name: str,
    wanted: str,
    skills: tuple[str, ...],
    team: str,
    language: str,
    time_zone: str | None,
    why: str,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Propose a user, and print the invitation for them: it holds once somebody else approves."""
    with opened(url) as store:
        made = store.accounts.propose_user(
            who(agent, role),
            name,
            Role(wanted),
            now_ms(),
            why,
            language=language,
            time_zone=time_zone,
            team=team,
            skills=skills,
        )
    _say_invitation(made, as_json)


@user.command(
    epilog='Example: riskdesk user role ana-1 --as lead --why "leads the night shift" --role ops '
    "--agent ops-1 --store sqlite:///desk.db"
)
@_NAME
@_AS
@_SKILLS
@click.option("--team", help="Whose work they see first.  [as it is]")
@options(WHY, WHO, STORE, JSON)
def role(
    name: str,
    wanted: str,
    skills: tuple[str, ...],
    team: str | None,
    why: str,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Propose another role for a user, which ends their sessions when somebody else approves it."""
    with opened(url) as store:
        made = store.accounts.change_role(
            who(agent, role), name, Role(wanted), now_ms(), why, team=team, skills=skills or None
        )
    _say_change(made, as_json)


@user.command(
    epilog='Example: riskdesk user reset ana-1 --why "lost the phone" --role ops --agent ops-1 '
    "--store sqlite:///desk.db"
)
@_NAME
@options(WHY, WHO, STORE, JSON)
def reset(name: str, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Propose that a user set password and codes anew, and print the invitation for that.

    When somebody else approves it, what they had before lets nobody in, and their sessions end.
    """
    with opened(url) as store:
        made = store.accounts.reset(who(agent, role), name, now_ms(), why)
    _say_invitation(made, as_json)


@user.command(
    epilog='Example: riskdesk user enable ana-1 --why "back from leave" --role ops --agent ops-1 '
    "--store sqlite:///desk.db"
)
@_NAME
@options(WHY, WHO, STORE, JSON)
def enable(name: str, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Propose that a disabled user may sign in again."""
    with opened(url) as store:
        made = store.accounts.enable(who(agent, role), name, now_ms(), why)
    _say_change(made, as_json)


@user.command(
    epilog='Example: riskdesk user disable ana-1 --why "left the bank" --role ops --agent ops-1 '
    "--store sqlite:///desk.db"
)
@_NAME
@options(WHY, WHO, STORE, JSON)
def disable(name: str, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Let a user in no longer, at once: their sessions and programs end."""
    with opened(url) as store:
        made = store.accounts.disable(who(agent, role), name, now_ms(), why)
    if as_json:
        _print(user_record(made))
    click.echo(f"{made.name} is disabled", err=True)


@user.command(
    epilog="Example: riskdesk user approve ana-1 --role compliance --agent co-1 --store sqlite:///desk.db"
)
@_NAME
@click.option("--note", default="", help="What you looked at; card numbers are masked.")
@options(WHO, STORE, JSON)
def approve(name: str, note: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Let take effect what somebody else proposed about a user."""
    with opened(url) as store:
        made = store.accounts.approve_user(who(agent, role), name, now_ms(), note)
    _say_change(made, as_json)


@user.command(
    epilog='Example: riskdesk user refuse ana-1 --why "not on the list" --role compliance --agent co-1 '
    "--store sqlite:///desk.db"
)
@_NAME
@options(WHY, WHO, STORE, JSON)
def refuse(name: str, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Turn down what was proposed about a user, or take back what you proposed yourself."""
    with opened(url) as store:
        made = store.accounts.refuse_user(who(agent, role), name, now_ms(), why)
    _say_change(made, as_json)


@user.command(
    "list",
    epilog="Example: riskdesk user list --waiting --role lead --agent lead-2 --store sqlite:///desk.db",
)
@click.option("--waiting", is_flag=True, help="What waits for a second person instead.")
@options(WHO, STORE, JSON)
@click.pass_context
def list_(ctx: click.Context, waiting: bool, agent: str, role: str, url: str, as_json: bool) -> None:
    """List the users by name. Exit code 1 says that there are none."""
    with opened(url) as store:
        if waiting:
            changes = store.accounts.changes(who(agent, role), waiting=True)
            rows = [(change_record(each), _change_line(each)) for each in changes]
        else:
            rows = [(user_record(each), _user_line(each)) for each in store.accounts.users(who(agent, role))]
    for record, line in rows:
        _print(record) if as_json else click.echo(line)
    if not as_json:
        click.echo(counted(len(rows), "change" if waiting else "user"), err=True)
    ctx.exit(0 if rows else 1)


for _command in (sessions, revoke, token):
    user.add_command(_command)


def _say_invitation(made: Proposed, as_json: bool) -> None:
    if as_json:
        _print({**change_record(made.change), "invitation": made.invitation})
    else:
        click.echo(made.invitation)
    click.echo(
        f"{made.change.what} waits for somebody else to approve it; hand the invitation to "
        f"{made.change.name} alone, who needs it then",
        err=True,
    )


def _say_change(change: AccountChange, as_json: bool) -> None:
    if as_json:
        _print(change_record(change))
    became = change.verdict or "waits for somebody else to approve it"
    alone = ", by the first user alone" if change.alone else ""
    click.echo(f"{change.what}: {became}{alone}", err=True)


def _user_line(user: User) -> str:
    team = f"  {user.team}" if user.team else ""
    return f"{user.name}  {user.role}  {user.state}{team}"


def _change_line(change: AccountChange) -> str:
    return f"{iso(change.at_ms)}  {change.what}, by {change.maker}: {change.reason}"


def _print(record: dict[str, Any]) -> None:
    click.echo(orjson.dumps(record))
