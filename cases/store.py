"""The store: everything the desk keeps, behind parts that do not know which database holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cases.actions.service import SqlActions
from cases.alarm_figures.service import SqlAlarmFigures
from cases.alarms.service import SqlAlarms
from cases.alert_records import SqlAlertRecords
from cases.audit.service import SqlAudit
from cases.calling.service import SqlCalling
from cases.database import POSTGRESQL_URL, Database
from cases.dead_letters import SqlDeadLetters
from cases.delivery.service import SqlOutbox
from cases.device_cases.service import SqlDeviceCases
from cases.errors import WrongUse
from cases.feedback import SqlFeedback
from cases.handover import SqlHandover
from cases.knowledge.service import SqlKnowledge
from cases.kpi.service import SqlKpi
from cases.leading import SqlLeading
from cases.models.policy import ModelPolicy
from cases.models.service import SqlModels
from cases.people import SqlPeople
from cases.policy import QueuePolicy
from cases.policy_in_force import policy_in_force, put_in_force
from cases.ports import CaseStore, DeadLetterStore, ReferenceStore
from cases.profiles.service import SqlProfiles
from cases.reference import SqlReference
from cases.repeats import SqlRepeats
from cases.retention.service import SqlRetention
from cases.reveals import SqlReveals
from cases.rule_figures import SqlRuleFigures
from cases.saved_views import SqlSavedViews
from cases.sqlite import SqliteDatabase
from cases.work.service import SqlWork
from cases.work_orders.service import SqlWorkOrders
from cases.work_queue import SqlCases

if TYPE_CHECKING:
    from cases.accounts.service import SqlAccounts
    from cases.delivery.webhooks import SqlWebhooks
    from cases.evidence.service import SqlEvidence

_ALLOWED = f"allowed is sqlite:///relative/path.db or sqlite:////absolute/path.db, or {POSTGRESQL_URL}"


@dataclass(frozen=True)
class Store:
    """Everything the desk keeps. A context manager that closes itself; safe for use by several threads."""

    db: Database
    policy: QueuePolicy

    @cached_property
    def cases(self) -> CaseStore:
        """The cases, in the order of their rank."""
        return SqlCases(self.db, self.policy)

    @cached_property
    def alert_records(self) -> SqlAlertRecords:
        """The alerts as they were told."""
        return SqlAlertRecords(self.db)

    @cached_property
    def alarms(self) -> SqlAlarms:
        """The alarms of devices."""
        return SqlAlarms(self.db, self.policy)

    @cached_property
    def work(self) -> SqlWork:
        """What people do with cases."""
        return SqlWork(self.db, self.policy.work, self.calling.may_call)

    @cached_property
    def leading(self) -> SqlLeading:
        """What leads do with cases of others."""
        return SqlLeading(self.db, self.policy)

    @cached_property
    def device_cases(self) -> SqlDeviceCases:
        """What the desk does about devices."""
        return SqlDeviceCases(self.db, self.policy)

    @cached_property
    def dead_letters(self) -> DeadLetterStore:
        """The lines that were no event."""
        return SqlDeadLetters(self.db)

    @cached_property
    def reference(self) -> ReferenceStore:
        """The reference data."""
        return SqlReference(self.db)

    @cached_property
    def people(self) -> SqlPeople:
        """Whom cases concern."""
        return SqlPeople(self.db)

    @cached_property
    def reveals(self) -> SqlReveals:
        """Who had which number shown, and why."""
        return SqlReveals(self.db)

    @cached_property
    def calling(self) -> SqlCalling:
        """Calls to customers."""
        return SqlCalling(self.db, self.policy.calling)

    @cached_property
    def audit(self) -> SqlAudit:
        """Who did or saw what."""
        return SqlAudit(self.db)

    @cached_property
    def evidence(self) -> "SqlEvidence":
        """The evidence packages of cases."""
        # What draws PDFs takes longer to load than all the rest, and few commands need it.
        from cases.evidence.service import SqlEvidence

        return SqlEvidence(self.db, self.policy.calling.time_zone)

    @cached_property
    def actions(self) -> SqlActions:
        """What the desk does to others."""
        return SqlActions(self.db, self.policy.actions)

    @cached_property
    def outbox(self) -> SqlOutbox:
        """What others are told."""
        return SqlOutbox(self.db, self.policy.delivery)

    @cached_property
    def work_orders(self) -> SqlWorkOrders:
        """The work that other departments do for cases."""
        return SqlWorkOrders(self.db)

    @cached_property
    def knowledge(self) -> SqlKnowledge:
        """What the desk knows."""
        return SqlKnowledge(self.db)

    @cached_property
    def profiles(self) -> SqlProfiles:
        """What flows run, in versions, and who agreed to it."""
        return SqlProfiles(self.db)

    @cached_property
    def models(self) -> SqlModels:
        """What was learnt, in versions, and from when on each is in force."""
        return SqlModels(self.db, self.policy.models)

    @cached_property
    def feedback(self) -> SqlFeedback:
        """What the desk found out, for the flow to learn from."""
        return SqlFeedback(self.db)

    @cached_property
    def kpi(self) -> SqlKpi:
        """What the desk achieved, in figures."""
        return SqlKpi(self.db, self.policy.kpi)

    @cached_property
    def alarm_figures(self) -> SqlAlarmFigures:
        """What the alarms of devices were like, in figures."""
        return SqlAlarmFigures(self.db, self.policy)

    @cached_property
    def rule_figures(self) -> SqlRuleFigures:
        """What each rule brought, and how often it was right."""
        return SqlRuleFigures(self.db)

    @cached_property
    def handover(self) -> SqlHandover:
        """What one shift tells the next."""
        return SqlHandover(self.db)

    @cached_property
    def accounts(self) -> "SqlAccounts":
        """Who may sign in at the desk, and with what."""
        # As above: only the desk itself hashes passwords.
        from cases.accounts.service import SqlAccounts

        return SqlAccounts(self.db, self.policy.accounts, self.policy.calling.time_zone)

    @cached_property
    def saved_views(self) -> SqlSavedViews:
        """What people ask the queue often."""
        return SqlSavedViews(self.db)

    @cached_property
    def webhooks(self) -> "SqlWebhooks":
        """Which other systems are told by themselves."""
        # As above: few commands know secrets.
        from cases.delivery.webhooks import SqlWebhooks

        return SqlWebhooks(self.db)

    @cached_property
    def repeats(self) -> SqlRepeats:
        """What programs asked under a key, each done once."""
        return SqlRepeats(self.db)

    @cached_property
    def retention(self) -> SqlRetention:
        """How long things are kept, and what a customer may ask for."""
        return SqlRetention(self.db, self.policy.retention)

    def close(self) -> None:
        """Let go of the store; a second call does nothing."""
        self.db.close()

    def __enter__(self) -> Self:
        """Give the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def open_store(
    url: str, *, create: bool = True, upgrade: bool = True, policy: QueuePolicy | None = None
) -> Store:
    """Open the store at `url` (`sqlite:///path` or `postgresql://...`), made or brought up to date if needed.

    With `create` false a missing store is an error, with `upgrade` false one of an older riskdesk. A flow
    brings the `policy` of its profile, which is then in force for all who open the store without one.
    Raises WrongUse (a ValueError) for any other kind of URL, StoreBusy for one that is away or held by
    others, and StoreError for one that cannot be used.
    """
    db = _open(url, create, upgrade)
    try:
        if policy is not None:
            put_in_force(db, policy)
        return Store(db, policy_in_force(db) if policy is None else policy)
    except BaseException:
        db.close()
        raise


@contextmanager
def opened_profiles(url: str, *, upgrade: bool = True) -> Iterator[SqlProfiles]:
    """Open the profiles of the store at `url`, which must be there, whatever policy it is worked under.

    For a flow that is still to learn its profile, and with that brings the policy. Raises as `open_store`.
    """
    db = _open(url, create=False, upgrade=upgrade)
    try:
        yield SqlProfiles(db)
    finally:
        db.close()


@contextmanager
def opened_models(url: str) -> Iterator[SqlModels]:
    """Open the learnt tables of the store at `url`, which must be there, for a flow that only reads them.

    Raises as `open_store`.
    """
    db = _open(url, create=False, upgrade=True)
    try:
        yield SqlModels(db, ModelPolicy())
    finally:
        db.close()


def _open(url: str, create: bool, upgrade: bool) -> Database:
    if url.startswith(("postgresql://", "postgres://")):
        # Its driver takes long to load, and where the store is a file no command needs it.
        from cases.postgresql import PostgresDatabase

        return PostgresDatabase(url, create=create, upgrade=upgrade)
    return SqliteDatabase(_sqlite_path(url), create=create, upgrade=upgrade)


def _sqlite_path(url: str) -> Path:
    scheme, _, rest = url.partition("://")
    path = rest.removeprefix("/")
    if scheme != "sqlite" or not rest.startswith("/") or path.endswith("/") or not path:
        raise WrongUse(f"{url!r} is no store URL; {_ALLOWED}")
    if path.startswith(":") or "?" in path:
        raise WrongUse(f"{url!r} names no file; stores in memory and options are not supported; {_ALLOWED}")
    return Path(path)
