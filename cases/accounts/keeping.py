"""Who the users are, and how that changes: one person proposes, another one approves.

Disabling takes one person and effect at once: it only takes away. The first user decides alone for as long as
fewer than two people could ever approve, since nobody else can.
"""

from cases.accounts.changes import decide, propose, said, take_effect, waiting
from cases.accounts.part import AccountsPart
from cases.accounts.policy import PEOPLE
from cases.accounts.sessions import KEEPERS, end_sessions, require_any
from cases.accounts.users import (
    AccountChange,
    ChangeKind,
    Proposed,
    User,
    account_row,
    change_of,
    check_preferences,
    checked_name,
    found_account,
    key_of,
    user_of,
)
from cases.audit.log import record
from cases.database import Row, as_json
from cases.errors import NotAllowed, NotPossible, WrongUse
from cases.who import RIGHTS, Right, Role, Who
from domain.card_masking import mask_text

_APPROVERS = tuple(role for role in PEOPLE if Right.APPROVE_USER in RIGHTS[role])


class Keeping(AccountsPart):
    """The users of a store."""

    def users(self, who: Who) -> tuple[User, ...]:
        """Give all users by name. Raises NotAllowed."""
        require_any(who, *KEEPERS, Right.READ_AUDIT)
        with self.db.reading():
            return tuple(map(user_of, self.db.rows("accounts", name_key=None)))

    def user(self, name: str) -> User:
        """Give one user. Raises NotFound."""
        with self.db.reading():
            return user_of(found_account(self.db, name))

    def changes(self, who: Who, *, waiting: bool = False) -> tuple[AccountChange, ...]:
        """Give what was proposed about users, the first one first, or what waits for a second person.

        Raises NotAllowed.
        """
        require_any(who, *KEEPERS, Right.READ_AUDIT)
        with self.db.reading():
            found = map(change_of, self.db.rows("account_changes", name_key=None))
            return tuple(each for each in found if not waiting or each.verdict is None)

    def propose_user(
        self,
        who: Who,
        name: str,
        role: Role,
        now_ms: int,
        reason: str,
        *,
        language: str = "en",
        time_zone: str | None = None,
        team: str = "",
        skills: tuple[str, ...] = (),
    ) -> Proposed:
        """Propose a user; the invitation is for the person, and holds once somebody else approves.

        Raises NotAllowed, WrongUse, and NotPossible for a name that is taken.
        """
        name, time_zone = checked_name(name), time_zone or self.time_zone
        check_preferences(language, time_zone)
        with self.db.writing():
            self._require(who, Right.PROPOSE_USER)
            if account_row(self.db, name) is not None:
                raise NotPossible(f"there is a user {name!r} already; choose another name")
            told = {
                "language": language,
                "time_zone": time_zone,
                "team": mask_text(team),
                "skills": as_json(skills),
            }
            return propose(
                self.db, ChangeKind.ADD, name, who, now_ms, reason, self.token_source(), _person(role), told
            )

    def change_role(
        self,
        who: Who,
        name: str,
        role: Role,
        now_ms: int,
        reason: str,
        *,
        team: str | None = None,
        skills: tuple[str, ...] | None = None,
    ) -> AccountChange:
        """Propose another role for a user, or another team or other skills.

        Raises NotAllowed, WrongUse, NotFound, and NotPossible for whose role the bank's own sign-in says.
        """
        with self.db.writing():
            self._require(who, Right.PROPOSE_USER)
            row = self._local(name)
            told = {
                "team": row["team"] if team is None else team,
                "skills": row["skills"] if skills is None else as_json(skills),
            }
            if (role, told["team"], told["skills"]) == (row["role"], row["team"], row["skills"]):
                raise NotPossible(f"{row['name']} is {role} already")
            return propose(
                self.db, ChangeKind.ROLE, row["name"], who, now_ms, reason, None, _person(role), told
            ).change

    def enable(self, who: Who, name: str, now_ms: int, reason: str) -> AccountChange:
        """Propose that a disabled user come back. Raises NotAllowed, WrongUse, NotFound, NotPossible."""
        with self.db.writing():
            self._require(who, Right.PROPOSE_USER)
            row = found_account(self.db, name)
            if row["disabled_ms"] is None:
                raise NotPossible(f"{row['name']} is not disabled")
            return propose(self.db, ChangeKind.ENABLE, row["name"], who, now_ms, reason).change

    def reset(self, who: Who, name: str, now_ms: int, reason: str) -> Proposed:
        """Propose that a user set password and codes anew, by the invitation that this gives.

        Once somebody else approves, what they had before lets nobody in. Raises as `change_role`.
        """
        with self.db.writing():
            self._require(who, Right.PROPOSE_USER)
            name = self._local(name)["name"]
            return propose(self.db, ChangeKind.RESET, name, who, now_ms, reason, self.token_source())

    def disable(self, who: Who, name: str, now_ms: int, reason: str) -> User:
        """Let a user in no longer, from now on: their sessions and programs end.

        Raises NotAllowed, NotFound, WrongUse, and NotPossible for the last one who could approve a return.
        """
        with self.db.writing():
            self._require(who, *KEEPERS)
            row = found_account(self.db, name)
            if row["disabled_ms"] is not None:
                raise NotPossible(f"{row['name']} is disabled already")
            if row["role"] in _APPROVERS and not self._approver_beside(row):
                raise NotPossible(
                    f"{row['name']} is the last who can approve users; add another one before, or revoke the "
                    "sessions"
                )
            self.db.run("set_account_disabled", name_key=row["name_key"], disabled_ms=now_ms)
            end_sessions(self.db, row["name"], who, now_ms)
            record(self.db, who, "user_disabled", f"user:{row['name']}", now_ms, reason=said(reason))
            return user_of(found_account(self.db, name))

    def approve_user(self, who: Who, name: str, now_ms: int, note: str = "") -> AccountChange:
        """Let take effect what was proposed about a user.

        Raises NotAllowed for whoever proposed it, for the user themself and for the wrong role, and
        NotPossible where nothing waits.
        """
        with self.db.writing():
            alone = self._require(who, Right.APPROVE_USER)
            found = waiting(self.db, name)
            own = key_of(who.name) in (key_of(found.maker), key_of(found.name))
            if own and not alone:
                raise NotAllowed(f"{who.name} cannot approve {found.what}; another person must")
            change = decide(self.db, found, "approved", who, now_ms, note, alone=own)
            take_effect(self.db, change, who, now_ms, now_ms + self.policy.invitation_ms)
            return change

    def refuse_user(self, who: Who, name: str, now_ms: int, reason: str) -> AccountChange:
        """Turn down what was proposed about a user, or take back what one proposed oneself.

        Raises NotAllowed, WrongUse, NotPossible.
        """
        with self.db.writing():
            found = waiting(self.db, name)
            own = key_of(who.name) == key_of(found.maker)
            self._require(who, Right.PROPOSE_USER if own else Right.APPROVE_USER)
            return decide(self.db, found, "withdrawn" if own else "refused", who, now_ms, said(reason))

    def _require(self, who: Who, *rights: Right) -> bool:
        """Say whether `who`, an active user in the role that they have, decides alone. Raises NotAllowed."""
        row = account_row(self.db, who.name)
        if row is None or user_of(row).state != "active" or row["role"] != who.role.value:
            raise NotAllowed(f"{who.name} is no active user who is {who.role}; only such may change users")
        # Whoever was able and is disabled counts: nobody becomes alone again by disabling the others.
        able = self.db.rows("enrolled_accounts", roles=as_json(_APPROVERS))
        alone = bool(row["first"]) and len(able) < 2
        if not alone:
            require_any(who, *rights)
        return alone

    def _local(self, name: str) -> Row:
        row = found_account(self.db, name)
        if row["issuer"] is not None:
            raise NotPossible(f"{row['name']} signs in by {row['issuer']}; change it there")
        return row

    def _approver_beside(self, row: Row) -> bool:
        able = self.db.rows("enrolled_accounts", roles=as_json(_APPROVERS))
        return any(each["disabled_ms"] is None and each["name_key"] != row["name_key"] for each in able)


def _person(role: Role) -> Role:
    if role not in PEOPLE:
        raise WrongUse(f"nobody can be {role}; allowed are: {', '.join(PEOPLE)}")
    return Role(role)
