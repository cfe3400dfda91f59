"""Puts a stream together: bank, people, daily life, lookalikes and incidents, in the order they arrive."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from domain.instants import iso, to_ms
from simulation import network, parties, people, trips
from simulation.errors import BadPlanError, DoesNotFitError
from simulation.geography import HOME_ZONE
from simulation.habits import daily_life, salaries, usual_count
from simulation.hours import MINUTE_MS
from simulation.incidents import INCIDENT_KINDS
from simulation.lookalikes import USUAL_LOOKALIKES
from simulation.network import Network
from simulation.openings import open_daily
from simulation.parties import Parties
from simulation.people import People
from simulation.plan import Plan, Step
from simulation.stage import Plot, Stage, joined
from simulation.trips import Whereabouts
from simulation.uses import NONE, Ints, Rows
from simulation.walking import keep_pace

# The share of events that arrive late, and the most they are late by.
_LATE_SHARE = 0.1
_MOST_LATE_MS = 2_000
# Customers and time share one integer (see timetable), and cards are years older than the stream.
_FIRST_MS = to_ms(datetime(1980, 1, 1, tzinfo=UTC))
_LAST_MS = to_ms(datetime(2100, 1, 1, tzinfo=UTC))
# How many accounts of other people there are for each customer.
_OTHER_PEOPLE = 3


@dataclass(frozen=True, kw_only=True)
class Night:
    """A finished stream: uses in the order they arrive, and who and what they are about.

    `opened` are the numbers of the cards opened in the window; an event is a number into the uses or,
    from `len(uses)` on, into `opened`, and `arrivals` lists the events in the order they arrive.
    """

    plan: Plan
    network: Network
    people: People
    parties: Parties
    uses: Rows
    opened: Ints
    arrivals: Ints
    plots: dict[int, Plot]


def simulate(plan: Plan) -> Night:
    """Simulate a stream; lookalikes that leave no room for the rest are left out.

    Raises DoesNotFitError when the planned incidents need more customers, hours or events, and BadPlanError
    when an incident kind is not known or the window is out of bounds.
    """
    _check(plan)
    try:
        return _simulate(plan, with_lookalikes=True)
    except DoesNotFitError:
        return _simulate(plan, with_lookalikes=False)


def _check(plan: Plan) -> None:
    unknown = set(plan.incidents) - set(INCIDENT_KINDS)
    if unknown:
        raise BadPlanError(f"no incident kind {sorted(unknown)[0]!r}; there are: {', '.join(INCIDENT_KINDS)}")
    window = plan.window
    if not (_FIRST_MS <= window.start_ms <= window.end_ms - MINUTE_MS < _LAST_MS):
        raise BadPlanError(
            f"the stream would last {plan.hours:g} h from {iso(window.start_ms)} on; it must last a minute"
            f" or more and lie between {iso(_FIRST_MS)} and {iso(_LAST_MS)}"
        )


def _simulate(plan: Plan, *, with_lookalikes: bool) -> Night:
    stage = _build(plan)
    incidents = {
        number: plot
        for number, plot in enumerate(
            INCIDENT_KINDS[kind](nth) for kind, count in plan.incidents.items() for nth in range(count)
        )
    }
    for plot in incidents.values():
        plot.prepare(stage)
    lookalikes = _prepare_lookalikes(stage, len(incidents)) if with_lookalikes else {}
    open_daily(stage)

    whereabouts = Whereabouts(stage.stays)
    stage.life = _honest_life(plan, stage, whereabouts, lookalikes)
    happened = []
    for number, plot in incidents.items():
        rows = plot.act(stage, number)
        rows["part"] = number
        stage.quiet(plot, rows)
        happened.append(rows)
    opened = np.flatnonzero(stage.people.opened_ms >= plan.start_ms)
    uses = _trimmed(plan, stage, joined((stage.life, *happened)), len(opened))
    return Night(
        plan=plan,
        network=stage.network,
        people=stage.people,
        parties=stage.parties,
        uses=uses,
        opened=opened,
        arrivals=_arrivals(plan, uses, stage.people.opened_ms[opened]),
        plots=incidents | lookalikes,
    )


def _build(plan: Plan) -> Stage:
    terminals = network.build(plan.random(Step.NETWORK), plan.customers)
    folk = people.settle(plan.random(Step.PEOPLE), terminals, plan.customers, plan.start_ms)
    stays = trips.daily_journeys(plan.random(Step.JOURNEYS), folk, plan.window)
    free = np.array([zone == HOME_ZONE for zone in folk.zone])
    free[list(stays)] = False
    others = parties.draw(plan.random(Step.PARTIES), plan.customers * _OTHER_PEOPLE, len(folk.payday))
    return Stage(
        rng=plan.random(Step.PLOTS),
        window=plan.window,
        people=folk,
        network=terminals,
        parties=others,
        stays=stays,
        free=free,
    )


def _prepare_lookalikes(stage: Stage, first: int) -> dict[int, Plot]:
    """Prepare the usual lookalikes, as many of them as fit, numbered from `first`."""
    prepared: dict[int, Plot] = {}
    for kind, count in USUAL_LOOKALIKES.items():
        for nth in range(count):
            plot = kind(nth)
            try:
                plot.prepare(stage)
            except DoesNotFitError:
                continue
            prepared[first + len(prepared)] = plot
    return prepared


def _honest_life(plan: Plan, stage: Stage, whereabouts: Whereabouts, lookalikes: dict[int, Plot]) -> Rows:
    """Draw daily life and play the lookalikes in it; those that do not fit are taken off the list."""
    rng, count = plan.random(Step.DAILY_LIFE), plan.events
    if count is None:
        count = usual_count(stage.people, plan.window)
    stage.life = daily_life(
        rng,
        stage.people,
        stage.network,
        stage.parties,
        whereabouts,
        plan.window,
        count,
        stage.regulars,
    )
    pieces = [stage.life, salaries(rng, stage.people, stage.parties, plan.window)]
    for number, plot in list(lookalikes.items()):
        try:
            rows = plot.act(stage, number)
        except DoesNotFitError:
            del lookalikes[number]
            continue
        rows["part"] = number
        pieces.append(rows)
    life = joined(pieces)
    keep_pace(rng, life, stage.network, whereabouts, stage.parties)
    return life


def _trimmed(plan: Plan, stage: Stage, uses: Rows, openings: int) -> Rows:
    """Leave out daily life of people in no plot until there are as many events as were asked for."""
    if plan.events is None:
        return uses
    surplus = len(uses) + openings - plan.events
    spare = np.flatnonzero((uses["part"] == NONE) & stage.free[uses["customer"]])
    if surplus > len(spare):
        raise DoesNotFitError(
            f"{plan.events} events are fewer than the {len(uses) + openings - len(spare)} that the plan"
            " takes by itself; ask for more events or plan fewer incidents"
        )
    return np.delete(uses, plan.random(Step.TRIMMING).choice(spare, size=surplus, replace=False))


def _arrivals(plan: Plan, uses: Rows, opened_ms: Ints) -> Ints:
    """Put uses and openings in the order they arrive in: nearly that in which they happen."""
    rng = plan.random(Step.ARRIVAL)
    late = rng.integers(_MOST_LATE_MS, size=len(uses)) * (rng.random(len(uses)) < _LATE_SHARE)
    arrives_ms = np.concatenate((uses["at_ms"] + late, opened_ms))
    return np.argsort(arrives_ms, kind="stable")
