"""What programs read of the whole desk: figures, the backlog, alarms of devices, and work orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from cases.accounts.tokens import Scope
from cases.alarms.view import AlarmView
from cases.errors import WrongUse
from cases.kpi.service import BandBacklog
from cases.kpi.values import Figure, figure_record
from cases.ranking import BAND_NAMES
from cases.work_orders.order import LIVE, Department, OrderState, WorkOrder
from desk.api.programs import Program, scoped
from desk.api.values import Given, Instant, Told, instant, instant_or_none
from domain.instants import to_ms

router = APIRouter(tags=["reports"])

_LONGEST_DAYS = 92
_DAY_MS = 86_400_000
_Limit = Annotated[int, Query(ge=1, le=100)]
_CaseId = Annotated[str | None, Query(alias="case", pattern=r"^[A-Za-z0-9-]{1,64}$")]
_OrderId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="A work order")]


class FigureTold(Told):
    """A figure of a window, with both parts of a share; times are milliseconds."""

    figure: str
    of: dict[str, str]
    unit: str
    value: float | None
    numerator: int | None
    denominator: int | None
    p50: int | None = None
    p95: int | None = None
    max: int | None = None
    note: str = ""

    @classmethod
    def told(cls, figure: Figure) -> "FigureTold":
        """Tell a figure."""
        return cls(**figure_record(figure))


class BacklogTold(Told):
    """The live cases of a band, those that nobody took up, and those that are late."""

    band: int
    band_name: str
    cases: int
    unclaimed: int
    overdue: int
    oldest: Instant | None

    @classmethod
    def of(cls, band: BandBacklog) -> "BacklogTold":
        """Tell a band."""
        return cls(
            band=band.band,
            band_name=BAND_NAMES[band.band],
            cases=band.cases,
            unclaimed=band.unclaimed,
            overdue=band.overdue,
            oldest=instant_or_none(band.oldest_ms),
        )


class FiguresTold(Told):
    """The figures of a window, and the backlog as it is now."""

    begins: Instant
    ends: Instant
    figures: tuple[FigureTold, ...]
    backlog: tuple[BacklogTold, ...]


class AlarmTold(Told):
    """An alarm of a device; times are those of its events."""

    alarm: str
    fingerprint: str
    device: str | None
    branch: str | None
    component: str
    unit: int
    code: str
    detector: str
    priority: int
    state: str
    words: str
    suppressed_by: str | None
    since: Instant
    occurrences: int
    acknowledged_by: str | None
    shelved_until: Instant | None
    shelved_by: str | None
    shelve_reason: str | None
    case: str | None

    @classmethod
    def of(cls, alarm: AlarmView) -> "AlarmTold":
        """Tell an alarm."""
        return cls(
            alarm=alarm.id,
            fingerprint=alarm.fingerprint,
            device=alarm.device,
            branch=alarm.branch,
            component=alarm.component,
            unit=alarm.unit,
            code=alarm.code,
            detector=alarm.detector,
            priority=alarm.priority,
            state=alarm.state,
            words=alarm.words,
            suppressed_by=alarm.suppressed_by,
            since=instant(alarm.since_ms),
            occurrences=alarm.occurrences,
            acknowledged_by=alarm.acknowledged_by,
            shelved_until=instant_or_none(alarm.shelved_until_ms),
            shelved_by=alarm.shelved_by,
            shelve_reason=alarm.shelve_reason,
            case=alarm.case_id,
        )


class AlarmsTold(Told):
    """Alarms whose condition is there, the first to see to first; `total` is how many there are."""

    total: int
    alarms: tuple[AlarmTold, ...]


class WorkOrderTold(Told):
    """What a case asks of a department, by when, and how far that has come."""

    order: str
    case: str
    department: str
    kind: str
    what: str
    state: str
    due: Instant
    made_by: str
    made_at: Instant
    accepted_by: str | None
    accepted_at: Instant | None
    ended_by: str | None
    ended_at: Instant | None
    answer: str | None
    reason: str | None

    @classmethod
    def of(cls, order: WorkOrder) -> "WorkOrderTold":
        """Tell a work order."""
        return cls(
            order=order.id,
            case=order.case_now,
            department=order.department.value,
            kind=order.kind,
            what=order.what,
            state=order.state.value,
            due=instant(order.due_ms),
            made_by=order.made_by,
            made_at=instant(order.made_at_ms),
            accepted_by=order.accepted_by,
            accepted_at=instant_or_none(order.accepted_at_ms),
            ended_by=order.ended_by,
            ended_at=instant_or_none(order.ended_at_ms),
            answer=order.answer,
            reason=order.reason,
        )


class WorkOrdersTold(Told):
    """Work orders, the first due first."""

    orders: tuple[WorkOrderTold, ...]


@router.get("/figures")
def read_figures(
    here: Annotated[Program, scoped(Scope.REPORTS_READ)],
    begins: Annotated[Given, Query(description="ISO 8601 with an offset")],
    ends: Annotated[Given, Query(description="ISO 8601 with an offset; not itself within")],
) -> FiguresTold:
    """Give the figures of a window of up to 92 days, and the backlog."""
    from_ms, to_ms_ = to_ms(begins), to_ms(ends)
    if to_ms_ - from_ms > _LONGEST_DAYS * _DAY_MS:
        raise WrongUse(f"a window of more than {_LONGEST_DAYS} days; ask for several")
    figures = here.store.kpi.figures(from_ms, to_ms_, here.now_ms, live=False)
    return FiguresTold(
        begins=instant(from_ms),
        ends=instant(to_ms_),
        figures=tuple(map(FigureTold.told, figures)),
        backlog=tuple(map(BacklogTold.of, here.store.kpi.backlog(here.now_ms))),
    )


@router.get("/alarms", tags=["alerts"])
def read_alarms(here: Annotated[Program, scoped(Scope.ALERTS_READ)], limit: _Limit = 50) -> AlarmsTold:
    """Give the alarms of devices whose condition is there now, by priority and time."""
    found = here.store.alarms.list()
    return AlarmsTold(total=len(found), alarms=tuple(map(AlarmTold.of, found[:limit])))


@router.get("/work-orders")
def read_work_orders(
    here: Annotated[Program, scoped(Scope.CASES_READ)],
    case: _CaseId = None,
    department: Annotated[Department | None, Query()] = None,
    state: Annotated[tuple[OrderState, ...], Query(max_length=10)] = LIVE,
    limit: _Limit = 50,
) -> WorkOrdersTold:
    """Give work orders: those that are not done yet, unless states are named."""
    here.viewed("orders:work" if case is None else f"case:{case}")
    found = here.store.work_orders.list(case_id=case, department=department, states=state, limit=limit)
    return WorkOrdersTold(orders=tuple(map(WorkOrderTold.of, found)))


@router.get("/work-orders/{order_id}")
def read_work_order(here: Annotated[Program, scoped(Scope.CASES_READ)], order_id: _OrderId) -> WorkOrderTold:
    """Give one work order."""
    order = here.store.work_orders.get(order_id)
    here.viewed(f"case:{order.case_now}")
    return WorkOrderTold.of(order)
