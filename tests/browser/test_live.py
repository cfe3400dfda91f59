"""What an open page hears by itself, and what it keeps meanwhile."""

import signal

import pytest

from domain.findings import Severity
from tests.browser.taking_in import burst, take_in
from tests.browser.watching import NO_DESK, connected

pytestmark = pytest.mark.slow


def test_a_new_case_appears_on_a_page_that_nobody_touches(enter, store):
    page = enter("lead", "/queue")
    page.wait_for_selector(f"#case-{take_in(store, 'new')}")


def test_a_page_is_current_again_after_the_desk_was_killed_and_started_anew(enter, desk, store, complaints):
    complaints.expect(*NO_DESK)
    page = enter("lead", "/queue")
    desk.stop(signal.SIGKILL)
    page.wait_for_selector("#link-state.off")
    case = take_in(store, "new")
    desk.start()
    connected(page)
    page.wait_for_selector(f"#case-{case}")


def test_the_desk_ends_in_good_order_while_pages_listen(enter, desk, complaints):
    complaints.expect(*NO_DESK)
    enter("lead", "/queue")
    assert desk.stop() == 0


def test_a_critical_case_rings_and_no_other(enter, store):
    take_in(store, "early")
    page = enter("lead", "/queue")
    page.evaluate("document.body.addEventListener('desk:rang', () => (document.body.dataset.rang = '1'))")
    page.wait_for_selector(f"#case-{take_in(store, 'quiet', Severity.HIGH)}")
    assert page.query_selector("body[data-rang]") is None
    take_in(store, "loud")
    page.wait_for_selector("body[data-rang]")


def test_a_list_with_a_chosen_row_holds_still_until_it_is_told_to_go_on(enter, store):
    first = take_in(store, "first")
    page = enter("lead", "/queue")
    page.check(f"#case-{first} input[name=case]")
    new = take_in(store, "new")
    page.wait_for_selector("#held-back:has-text('1')")
    assert page.query_selector(f"#case-{new}") is None
    assert page.is_checked(f"#case-{first} input[name=case]")
    page.keyboard.press(".")
    page.wait_for_selector(f"#case-{new}")
    assert not page.is_checked(f"#case-{first} input[name=case]")


def test_a_queue_shows_a_hundred_rows_whatever_comes(enter, store):
    page = enter("lead", "/queue")
    burst(store, 130)
    page.wait_for_selector("#rows >> text=of 130")
    assert page.locator("#rows tr[id]").count() <= 100
