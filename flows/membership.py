"""Runs this machine's process of a cluster, together with the supervisors of the other machines.

The processes share one fate: when one dies, or its machine falls silent, all are ended and begun again from
the last epoch that all committed. A machine that is asked to leave ends the flow gracefully on all of them;
the others then wait until it is back.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from config.addresses import AddressError, is_loopback, parse_address, resolve
from connectors.stopping import StopSign
from flows import recovery, shares, state_formats
from flows.alike import describe
from flows.dataflow import SOURCE_STEP
from flows.job import Job, profile_of
from flows.keeper import Keeper
from flows.liveness_watch import RuleWatch
from flows.machine import ClusterError, Machine, check_place
from flows.meeting import Begin, Done, Hello, Later, Line, Over, Plan, Ready, Refused, Stop
from flows.progress import Progress
from flows.reloading import Reload
from flows.seat import Seat
from flows.shared_reload import SharedReload
from flows.signals import Signals, signals_to
from flows.supervisor import GRACE, PAUSES_S, SOUND, Group, sleep
from flows.worker import GAVE_UP, empty_output_files, exit_code, file_steps, held

log = logging.getLogger(__name__)

_COME_AGAIN_S = 0.5


def supervise_machine(
    job: Job,
    machine: Machine,
    watch: Callable[[Progress], None],
    *,
    restarts: int = 0,
    grace: timedelta = GRACE,
    on_restart: Callable[[], None] = lambda: None,
    on_start: Callable[[Group], None] = lambda group: None,
    on_wait: Callable[[], None] = lambda: None,
    reload: Reload | None = None,
    rules: RuleWatch | None = None,
) -> tuple[int, str]:
    """Run this machine's process of a job until all end, begun again with the others after a crash of any.

    Its own process may crash at most `restarts` times in a row; for other machines it waits as long as it
    takes, and calls `on_wait` meanwhile; `rules` watches over the rules. SIGHUP on any machine lets `reload`
    read the profile anew on all. Gives exit code and reason as `supervise` does.

    Raises ClusterError, AddressError, RecoveryError, ProfileError or InputError.
    """
    check_place(job, machine)
    failures = 0
    asked = StopSign()
    with (
        TemporaryDirectory(prefix="riskdesk-") as folder,
        held(job),
        signals_to(asked, reloads=True) as signals,
        _meeting_kept(machine, asked),
    ):
        anew = SharedReload(reload, len(machine.addresses))
        member = _Member(
            job, machine, asked, signals, Path(folder), watch, grace, on_start, on_wait, rules, anew
        )
        while not asked.asked:
            on_wait()
            began = time.monotonic()
            ended = member.run_once()
            if time.monotonic() - began > SOUND.total_seconds():
                failures = 0
            if ended is not None:
                code, reason = ended
                if code in (0, GAVE_UP) or asked.asked or failures >= restarts:
                    return code, reason
                failures += 1
                log.error("the flow failed", extra={"exit_code": code})
            if not member.reloaded:
                on_restart()
            sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)] if failures else _COME_AGAIN_S, asked)
    return 0, asked.reason


class _Member:
    """This machine in its cluster."""

    def __init__(
        self,
        job: Job,
        machine: Machine,
        asked: StopSign,
        signals: Signals,
        folder: Path,
        watch: Callable[[Progress], None],
        grace: timedelta,
        on_start: Callable[[Group], None],
        on_wait: Callable[[], None],
        rules: RuleWatch | None,
        anew: SharedReload,
    ) -> None:
        self._rules = rules
        self._anew = anew
        self.reloaded = False
        self._machine = machine
        self._asked = asked
        self._signals = signals
        self._grace = grace
        self._on_start = on_start
        self._on_wait = on_wait
        self._sign = StopSign(folder / "stop")
        self._watch = watch
        self._take(job)

    def _take(self, job: Job) -> None:
        self._job = job
        self._profile = profile_of(job)
        self._steps = {step: f"{self._profile.flow}.{step}" for step in (SOURCE_STEP, *file_steps(job))}

    def run_once(self) -> tuple[int, str] | None:
        """Meet the others and run with them; gives how it ended, None when all must meet again.

        `reloaded` then says whether that is for a profile which all have read anew.
        """
        self.reloaded = False
        seat = self._come()
        if seat is None:
            return None
        try:
            plan = seat.next(self._asked)
            if isinstance(plan, Refused):
                raise ClusterError(plan.why)
            if isinstance(plan, Later):
                log.warning("not yet let in", extra={"why": plan.why})
            if not isinstance(plan, Plan):
                return None
            addresses = self._checked(plan)
            self._prepare(plan)
            seat.say(Ready())
            if not isinstance(seat.next(self._asked), Begin):
                return None
            code, cut = self._work(seat, plan, addresses)
            if (coming := self._anew.taken(seat)) is not None:
                self._take(coming)
                self.reloaded = True
            return self._end(seat, code, cut)
        finally:
            seat.leave()

    def _come(self) -> Seat | None:
        try:
            own, line = self._machine.own, Line.to(self._machine.keeper)
        except OSError as error:
            log.warning("machine 0 of the cluster is not reached", extra={"error": str(error)})
            return None
        # Read only now: our process is dead, so nothing in it changes any more.
        folder = _recovery(self._job)
        there = recovery.check_whose(folder, self._profile.flow, self._profile.name)
        state_formats.check(folder, self._profile)
        share = shares.read_share(folder, tuple(self._steps.values())) if there else shares.Share()
        alike = describe(self._job, self._profile, len(self._machine.addresses))
        hello = Hello(index=self._machine.index, address=str(own.behind), alike=alike, share=share)
        return Seat(line, hello, self._on_wait)

    def _checked(self, plan: Plan) -> tuple[str, ...]:
        found = [resolve(parse_address(text), anywhere=self._machine.anywhere) for text in plan.addresses]
        local = [is_loopback(address) for address in found]
        if any(local) and not all(local):
            at = local.index(True)
            raise ClusterError(
                f"machine {at} takes itself for {found[at].host}, where the others do not reach it; give the "
                "machines' addresses as numbers, or names that mean the same on all of them"
            )
        if not any(local) and self._job.store is not None and self._job.store.startswith("sqlite:"):
            raise ClusterError("machines cannot share an SQLite store; give all of them one of PostgreSQL")
        return tuple(map(str, found))

    def _prepare(self, plan: Plan) -> None:
        shares.settle(
            _recovery(self._job),
            plan.agreed,
            flow=self._profile.flow,
            profile=self._profile.name,
            index=self._machine.index,
            machines=len(self._machine.addresses),
        )
        state_formats.settle(_recovery(self._job), self._profile)
        if self._machine.index == 0:
            empty_output_files(
                self._job, {step for step, name in self._steps.items() if plan.agreed.remembered.get(name)}
            )

    def _work(self, seat: Seat, plan: Plan, addresses: tuple[str, ...]) -> tuple[int, str]:
        self._sign.clear()
        job = replace(
            self._job,
            addresses=addresses,
            stop_file=self._sign.shared,
            known=plan.agreed.remembered.get(self._steps[SOURCE_STEP], ()),
        )
        told = False

        def look() -> None:
            nonlocal told
            self._anew.look(seat, self._signals)
            if seat.stop is not None:
                self._sign.ask(seat.stop.why)
            elif not told and (self._asked.asked or self._sign.asked):
                why = self._asked.reason or self._sign.reason
                seat.say(Stop(why=why, for_good=exit_code(why) != 0))
                told = True

        if self._rules is not None:
            self._rules.begin(self._profile)
        group = Group(job, (self._machine.index,), self._grace, self._rules)
        self._on_start(group)
        code = group.wait(self._watch, self._sign, self._signals, look, seat.gone.is_set)
        return code, group.cut

    def _end(self, seat: Seat, code: int, cut: str) -> tuple[int, str] | None:
        if cut and self._asked.asked:
            return code, f"{self._asked.reason}; {cut}"
        if code not in (0, GAVE_UP):
            # Where the meeting broke, it was ended for what another has.
            return None if seat.gone.is_set() else (code, "")
        seat.say(Done())
        over = isinstance(seat.next(StopSign()), Over)
        if self._asked.asked:
            return code, self._asked.reason
        if not over:
            return None
        if seat.stop is None:
            return code, ""
        # The process of a machine may have come to its end before it heard.
        return (GAVE_UP, seat.stop.why) if seat.stop.for_good else None


@contextmanager
def _meeting_kept(machine: Machine, asked: StopSign) -> Iterator[None]:
    """Keep the meeting while the context lasts, if that is for this machine to do."""
    own = None
    while machine.index == 0 and own is None and not asked.asked:
        try:
            own = machine.own
        except OSError as error:
            log.warning("the own address is not known yet", extra={"error": str(error)})
            sleep(_COME_AGAIN_S, asked)
    if own is None:
        yield
        return
    try:
        keeper = Keeper(own, len(machine.addresses))
    except OSError as error:
        raise AddressError(
            f"cannot listen on {own} ({error.strerror}): the address of machine 0 must be its own, and free"
        ) from error
    with closing(keeper):
        yield


def _recovery(job: Job) -> Path:
    if job.recovery is None:
        raise RuntimeError("a machine of a cluster without a recovery folder")
    return job.recovery
