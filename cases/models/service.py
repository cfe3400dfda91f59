"""Learnt tables in a store: models by a promotion of two people, all others as they are published.

Nothing is changed or taken away, and what comes takes effect after all that there is and some time ahead of
now. So each moment has one version of a table, and a replay finds the one that the flow had then.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cases.database import Database
from cases.errors import NotFound, NotPossible, WrongUse
from cases.models import reading
from cases.models.policy import ModelPolicy
from cases.models.table import (
    MODEL,
    InForce,
    LearntTable,
    digest_of,
    in_force_from,
    model_in,
    name_of,
    parse,
    says_the_same,
)
from cases.signing_off.change import Change, ChangeKind, Report, Standing
from cases.signing_off.ledger import said
from cases.who import Right, Who
from domain.instants import iso, span_words, to_ms
from domain.tables import Published, RiskModel


class Added(NamedTuple):
    """The version with what was to be kept, and whether it is new or was there already."""

    version: LearntTable
    new: bool


@dataclass(frozen=True)
class SqlModels:
    """The learnt tables of a store. Times are milliseconds since 1970; the caller says what time it is."""

    db: Database
    policy: ModelPolicy

    def add(self, body: bytes, who: Who, now_ms: int, reason: str) -> Added:
        """Keep a model as the next version; it takes effect by a promotion, whatever its own time is.

        One that says the same as a version there is makes none. Raises NotAllowed, and WrongUse for what is
        no model, or one that calls itself as another does.
        """
        who.require(Right.PROPOSE_RULE)
        model = model_in(body)
        with self.db.writing():
            return self._add(model, body, who, now_ms, reason)

    def refresh(self, body: bytes, who: Who, now_ms: int, reason: str) -> Change:
        """Let a model take effect that was learnt as the one in force was, by its standing approval.

        It has the same features, pairs and settings, and figures within the bounds that were approved. Raises
        as `add`, NotAllowed for whoever gave the approval, NotPossible where there is none, where the model
        was learnt otherwise or did worse, and StoreError for what was altered.
        """
        who.require(Right.PROPOSE_RULE)
        model = model_in(body)
        with self.db.writing():
            ledger = reading.ledger(self.db)
            champion = reading.champion(self.db)
            reading.check_refresh(self.db, champion, model)
            added = self._add(model, body, who, now_ms, reason)
            if not added.new:
                raise NotPossible(f"{added.version.what} says the same; nothing was learnt since")
            change = ledger.propose(
                ChangeKind.REFRESH, MODEL, added.version.number, who, now_ms, reason, None,
                standing=champion.standing,
            )  # fmt: skip
            now_ms = max(now_ms, change.at_ms)
            return ledger.approve_by(champion, change, who, now_ms, self._soonest_ms(now_ms))

    def publish(
        self, body: bytes, who: Who, now_ms: int, reason: str, *, since_ms: int | None = None
    ) -> Added:
        """Keep what was found out, in force from its own effective time on, or from `since_ms`.

        One that says what is in force last makes no version. Raises NotAllowed, WrongUse for what is no table
        or is a model, and NotPossible for a time that is not ahead of now and of all there is.
        """
        who.require(Right.PROPOSE_RULE)
        table = parse(body)
        if isinstance(table, RiskModel):
            raise WrongUse("a model takes effect when two people let it: add it, and propose it")
        name = name_of(table)
        effective_ms = to_ms(table.effective_at) if since_ms is None else since_ms
        with self.db.writing():
            there = reading.versions(self.db, name)
            if there and says_the_same(table, reading.content(self.db, there[-1])):
                return Added(there[-1], new=False)
            self._check_time(name, effective_ms, now_ms)
            return Added(self._keep(table, body, effective_ms, who, now_ms, reason), new=True)

    def versions(self, name: str | None = None) -> tuple[LearntTable, ...]:
        """Give the versions of a table, the first one first, or of all tables."""
        with self.db.reading():
            return reading.versions(self.db, name)

    def get(self, name: str, number: int) -> tuple[LearntTable, Published]:
        """Give a version with what it says. Raises NotFound, and StoreError for one that was altered."""
        with self.db.reading():
            version = reading.named(self.db, name, number)
            return version, reading.content(self.db, version)

    def changes(self) -> tuple[Change, ...]:
        """Give what was proposed about models, in order, with what became of it."""
        with self.db.reading():
            return reading.ledger(self.db).changes(MODEL)

    def in_force(self) -> tuple[InForce, ...]:
        """Give which version of each table is in force from when on, in the order of these times.

        Raises StoreError where something of it is gone, or nobody decided it.
        """
        with self.db.reading():
            reading.check_in_force(self.db)
            return reading.in_force(self.db)

    def later(self, known: Mapping[str, int]) -> Iterator[tuple[InForce, Published]]:
        """Give the tables that take effect after those known, by name the time of the last, in order.

        One at a time, as they may be large; where there are none that costs one query. Raises StoreError for
        what was altered.
        """
        with self.db.reading():
            new = [each for each in reading.in_force(self.db) if each.since_ms > known.get(each.name, -1)]
            if not new:
                return
            reading.check_in_force(self.db)
            by_name = {each.what: each for each in reading.versions(self.db)}
            for each in new:
                yield each, in_force_from(reading.content(self.db, by_name[each.what]), each.since_ms)

    def propose(
        self,
        number: int,
        who: Who,
        now_ms: int,
        reason: str,
        report: Report | None = None,
        *,
        since_ms: int | None = None,
        standing: Standing | None = None,
    ) -> Change:
        """Propose that a model take effect, at `since_ms` or as soon as it may once it is approved.

        With `standing` whoever approves it approves later ones as well, see `refresh`.
        Only where no model is in force may it come without a report. Raises NotAllowed, WrongUse, NotFound,
        NotPossible, and StoreError for one that was altered.
        """
        return self._propose(ChangeKind.PROMOTION, number, who, now_ms, reason, report, since_ms, standing)

    def rollback(
        self, number: int | None, who: Who, now_ms: int, reason: str, *, since_ms: int | None = None
    ) -> Change:
        """Propose to go back to a model that was in force before, by default the last one that was.

        Raises as `propose`.
        """
        return self._propose(ChangeKind.ROLLBACK, number, who, now_ms, reason, None, since_ms)

    def approve(self, number: int | None, who: Who, now_ms: int, note: str = "") -> Change:
        """Let the model that was proposed take effect.

        A number must be that of the proposal. Raises NotAllowed for whoever proposed it and for the wrong
        role, NotPossible where nothing, or something else, was proposed, or its time has come meanwhile, and
        StoreError for what was altered.
        """
        with self.db.writing():
            waiting = reading.ledger(self.db).to_approve(MODEL, number, who)
            reading.content(self.db, reading.named(self.db, MODEL, waiting.number))
            now_ms = max(now_ms, waiting.at_ms)
            since_ms = self._soonest_ms(now_ms) if waiting.since_ms is None else waiting.since_ms
            self._check_time(MODEL, since_ms, now_ms)
            return reading.ledger(self.db).approve(waiting, who, now_ms, note, since_ms)

    def why_not(self, number: int | None, who: Who) -> str:
        """Say why `who` may not approve the model that was proposed, nothing where they may."""
        with self.db.reading():
            return reading.ledger(self.db).why_not(MODEL, number, who)

    def refuse(self, number: int | None, who: Who, now_ms: int, reason: str) -> Change:
        """Turn down what was proposed; whoever proposed it takes it back by this.

        Raises NotAllowed for the wrong role, NotPossible as `approve`, and WrongUse without a reason.
        """
        with self.db.writing():
            return reading.ledger(self.db).refuse(MODEL, number, who, now_ms, reason)

    def _add(self, model: RiskModel, body: bytes, who: Who, now_ms: int, reason: str) -> Added:
        for there in reading.versions(self.db, MODEL):
            if there.version != model.version:
                continue
            if not says_the_same(model, reading.content(self.db, there)):
                raise WrongUse(
                    f"{there.what} calls itself {there.version} too and says something else; a version is "
                    "named by what it says: learn it again"
                )
            return Added(there, new=False)
        return Added(self._keep(model, body, None, who, now_ms, reason), new=True)

    def _propose(
        self,
        kind: ChangeKind,
        number: int | None,
        who: Who,
        now_ms: int,
        reason: str,
        report: Report | None,
        since_ms: int | None,
        standing: Standing | None = None,
    ) -> Change:
        with self.db.writing():
            version = reading.named(self.db, MODEL, self._before() if number is None else number)
            reading.content(self.db, version)
            if since_ms is not None:
                self._check_time(MODEL, since_ms, now_ms)
            return reading.ledger(self.db).propose(
                kind, MODEL, version.number, who, now_ms, reason, report, since_ms, standing
            )

    def _before(self) -> int:
        """Give the number of the model that was in force before the last one."""
        been = [each.number for each in reading.in_force(self.db) if each.name == MODEL]
        if len(been) < 2:
            raise NotFound("no model was in force before the one that is; there is nothing to go back to")
        return been[-2]

    def _check_time(self, name: str, since_ms: int, now_ms: int) -> None:
        """Raise NotPossible for a time that flows may have come to, or that is not after all others."""
        if since_ms < now_ms + self.policy.lead_ms:
            raise NotPossible(
                f"{iso(since_ms)} is too soon: a table takes effect {span_words(self.policy.lead_ms)} from "
                "now or later, so that every flow knows it before the first event that it is for"
            )
        if since_ms <= (last_ms := self._last_ms(name)):
            raise NotPossible(
                f"a version of {name} takes effect at {iso(last_ms)}, and the next one after that, which "
                f"{iso(since_ms)} is not"
            )

    def _soonest_ms(self, now_ms: int) -> int:
        """Give the soonest time from which a model may be in force."""
        return max(now_ms + self.policy.lead_ms, self._last_ms(MODEL) + 1)

    def _last_ms(self, name: str) -> int:
        return max((each.since_ms for each in reading.in_force(self.db) if each.name == name), default=-1)

    def _keep(
        self, table: Published, body: bytes, since_ms: int | None, who: Who, now_ms: int, reason: str
    ) -> LearntTable:
        name = name_of(table)
        version = LearntTable(
            name=name,
            number=len(reading.versions(self.db, name)) + 1,
            version=table.version,
            digest=digest_of(body),
            since_ms=since_ms,
            author=who.name,
            role=who.role.value,
            at_ms=now_ms,
            reason=said(reason),
        )
        values = {each: getattr(version, each) for each in LearntTable.__struct_fields__}
        self.db.run("add_learnt_table", **values, body=body)
        reading.record_table(self.db, version, who, now_ms)
        return version
