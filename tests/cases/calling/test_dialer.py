from dataclasses import dataclass, field

from cases.calling.dialer import Dial, Dialled, ManualDialer, NoNumberBook, TelLinkDialer, place
from cases.case import Status
from cases.store import Store
from tests.cases.calling.night import ANNA, MINUTE_MS, TEN, a_case, attempt, claim

DIAL = Dial(key="attempt-1", attempt_id=1, case_id="C1", reference="u1-mobile", agent="agent-7", at_ms=TEN)


@dataclass(frozen=True)
class Book:
    """A number book of one entry."""

    def digits(self, reference: str) -> str | None:
        return "+861000000" if reference == "u1-mobile" else None


@dataclass
class Refusing:
    """A telephone system that places nothing."""

    asked: list[str] = field(default_factory=list)

    def dial(self, dial: Dial) -> Dialled:
        self.asked.append(dial.key)
        return Dialled(placed=False, words="no line is free")


def test_by_hand_the_agent_is_told_the_banks_handle() -> None:
    assert ManualDialer().dial(DIAL).words == "ring u1-mobile by hand, then record how the call ended"


def test_a_link_has_the_digits_of_the_number_book() -> None:
    assert TelLinkDialer(Book()).dial(DIAL).link == "tel:+861000000"


def test_without_a_number_book_there_is_no_link_and_it_says_so() -> None:
    dialled = TelLinkDialer(NoNumberBook()).dial(DIAL)
    assert not dialled.placed
    assert "no number book is connected that knows u1-mobile" in dialled.words


def test_a_call_that_is_placed_stays_open_until_it_is_recorded(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    placed = place(desk.calling, ManualDialer(), task_id, ANNA, TEN)
    assert placed.failed is None
    recorded = attempt(desk, task_id, "busy", TEN + MINUTE_MS, reference=None)
    assert recorded.attempt_id == placed.begun.attempt_id


def test_a_call_that_is_not_placed_ends_at_once_and_is_no_attempt(desk: Store) -> None:
    case_id = a_case(desk)
    task_id = claim(desk, case_id, TEN)
    system = Refusing()
    placed = place(desk.calling, system, task_id, ANNA, TEN)
    assert placed.failed is not None
    assert system.asked == [f"attempt-{placed.begun.attempt_id}"]
    assert desk.calling.sentences(case_id, TEN) == (("customer:u1", "not tried yet"),)
    assert desk.cases.show(case_id).case.status == Status.WORKING
    assert place(desk.calling, ManualDialer(), task_id, ANNA, TEN + 1).failed is None
