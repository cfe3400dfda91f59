"""The work place: claiming, keeping, losing, giving back and handing on."""

from concurrent.futures import ThreadPoolExecutor

from tests.cases.closed import verbs
from tests.cases.made import MINUTE_MS, NOON_MS
from tests.cases.worked import AGENT
from tests.desk.agents import case_of, fraud, held, press
from tests.desk.conftest import HTMX


def test_the_first_page_is_where_the_persons_work_is(browser):
    assert browser("agent").get("/").headers["location"] == "/work"
    assert browser("auditor").get("/").headers["location"] == "/queue"
    assert browser("ops").get("/").headers["location"] == "/users"


def test_who_may_not_work_cases_does_not_get_the_page(browser):
    auditor = browser("auditor")
    assert auditor.get("/work").status_code == 403
    assert press(auditor, "next").status_code == 403


def test_who_holds_nothing_is_offered_the_next_case(browser, store):
    fraud(store, "u1")
    page = browser("agent", "a17").get("/work").text
    assert 'data-key="n"' in page
    assert page.count('class="primary') == 2  # that button, and that of the lock


def test_next_claims_the_most_pressing_case_and_shows_why(browser, store):
    fraud(store, "u1")
    page = press(browser("agent", "a17"), "next")
    assert "reason u1" in page.text
    (case,) = store.cases.list()
    assert case.lease is not None
    assert case.lease.by == "a17"
    assert case_of(page) == case.id


def test_two_agents_at_once_never_get_one_case(browser, store):
    fraud(store, "u1", "u2", "u3", "u4")
    agents = [browser("agent", f"a{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda agent: press(agent, "next"), agents))
    assert len({case_of(page) for page in pages}) == 4


def test_where_nothing_is_for_me_the_page_says_so(browser):
    page = press(browser("agent", "a17"), "next").text
    assert 'class="refusal"' in page
    assert "Nothing to do right now" in page


def test_what_waits_is_shown_with_its_time_while_there_is_nothing_to_do(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    mine = held(press(agent, "next"))
    dialled = press(agent, "dial", **mine._asdict())
    page = press(agent, "attempt", **held(dialled)._asdict(), disposition="no_answer")
    assert "Waiting cases: 1" in page.text
    assert "the next attempt" in page.text


def test_a_second_case_is_refused_in_place_while_one_is_held(browser, store):
    fraud(store, "u1", "u2")
    agent = browser("agent", "a17")
    press(agent, "next")
    again = press(agent, "next")
    assert again.status_code == 409
    assert "finish or release it first" in again.text


def test_renewing_keeps_the_case_and_is_no_sign_of_a_person(browser, store, clock):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    mine = held(press(agent, "next"))
    for _ in range(14):
        clock.now_ms += MINUTE_MS
        headers = {**HTMX, "X-By-Itself": "1"}
        kept = agent.post("/work/renew", data=mine._asdict(), headers=headers)
        assert "Yours until" in kept.text
    clock.now_ms += MINUTE_MS
    assert agent.post("/work/renew", data=mine._asdict(), headers=headers).status_code == 423


def test_who_lost_the_case_is_told_who_has_it_since_when(browser, store, clock):
    fraud(store, "u1")
    agent, other = browser("agent", "a17"), browser("agent", "a18")
    mine = held(press(agent, "next"))
    clock.now_ms += 5 * MINUTE_MS
    taken = press(other, "next")
    told = press(agent, "renew", **mine._asdict()).text
    assert "This case is no longer yours." in told
    assert "taken over by a18 at 12:05 UTC" in told
    live = agent.get(f"/work/live?task={mine.task}&lease_no={mine.lease_no}", headers=HTMX).text
    assert "taken over by a18 at 12:05 UTC" in live
    assert 'id="right-' not in live  # what is typed stands there
    assert case_of(taken)
    assert 'id="case-title"' not in agent.get("/work").text


def test_a_note_that_came_too_late_is_kept(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    page = press(agent, "next")
    press(browser("lead"), "release", case=case_of(page), reason="gone home")
    press(browser("agent", "a18"), "claim", case=case_of(page))
    late = press(agent, "attempt", **held(page)._asdict(), disposition="no_answer", note="rang twice")
    assert late.status_code == 409
    assert "taken over by a18" in late.text
    drafts = [entry.note for entry in store.cases.show(case_of(page)).timeline if entry.what == "draft"]
    assert drafts == ["no_answer: rang twice"]


def test_a_release_can_be_undone(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    case_id = case_of(press(agent, "next"))
    released = press(agent, "release", case=case_id, reason="not mine")
    assert "data-gone-after" in released.text
    (case,) = store.cases.list()
    assert case.lease is None
    assert case_of(press(agent, "undo", case=case_id, what="release")) == case_id


def test_an_escalation_can_be_undone(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    case_id = case_of(press(agent, "next"))
    told = press(agent, "escalate", case=case_id, team="legal", note="an order came")
    assert f"{case_id} is with legal." in told.text
    assert store.cases.show(case_id).case.team == "legal"
    assert case_of(press(agent, "undo", case=case_id, what="escalate")) == case_id
    assert store.cases.show(case_id).case.team is None


def test_what_somebody_took_meanwhile_cannot_be_undone(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    case_id = case_of(press(agent, "next"))
    press(agent, "release", case=case_id)
    press(browser("agent", "a18"), "next")
    late = press(agent, "undo", case=case_id, what="release")
    assert late.status_code == 409
    assert "is with a18" in late.text


def test_a_case_in_another_window_is_taken_over_here(browser, store):
    fraud(store, "u1")
    case_id = case_of(press(browser("agent", "a17"), "next"))
    here = browser("agent", "a17")
    page = here.get("/work").text
    assert "Go on with it here" in page
    assert case_of(press(here, "claim", case=case_id)) == case_id


def test_an_agent_says_what_they_do_and_ends_the_shift(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    press(agent, "state", state="break")
    assert [(each.agent, each.state) for each in store.work.states(AGENT)] == [("a17", "break")]
    case_id = case_of(press(agent, "next"))
    ended = press(agent, "end-shift")
    assert f"Given back: {case_id}" in ended.text
    assert store.work.mine(AGENT) == ()


def test_a_note_is_put_into_the_timeline(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    page = press(agent, "next")
    told = press(agent, "note", case=case_of(page), note="knows of it", task=held(page).task)
    assert "The note is in the timeline." in told.text
    assert "knows of it" in [entry.note for entry in store.cases.show(case_of(page)).timeline]


def test_the_live_parts_leave_the_case_alone_while_nothing_happened_in_it(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    page = press(agent, "next")
    mine = held(page)
    asked = f"/work/live?task={mine.task}&lease_no={mine.lease_no}"
    first = agent.get(asked, headers=HTMX).text
    assert 'id="case-parts"' in first
    mark = first[first.index("mark=") + 5 :].split('"')[0]
    assert 'id="case-parts"' not in agent.get(f"{asked}&mark={mark}", headers=HTMX).text
    store.work.note(case_of(page), "something", AGENT, NOON_MS)
    assert "something" in agent.get(f"{asked}&mark={mark}", headers=HTMX).text


def test_that_a_case_was_seen_is_on_record_once_a_minute(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    press(agent, "next")
    agent.get("/work")
    agent.get("/work")
    assert verbs(store).count("viewed") == 2  # the queue, and the case


def test_a_plain_form_leads_back_to_the_page(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    answer = agent.post("/work/next")
    assert (answer.status_code, answer.headers["location"]) == (303, "/work")
    assert case_of(agent.get("/work"))


def test_the_page_is_chinese_for_who_reads_chinese(browser, store):
    fraud(store, "u1")
    agent = browser("agent", "a17")
    store.accounts.prefer("a17", "zh", "Asia/Shanghai", NOON_MS)
    page = press(agent, "next").text
    assert "致电客户" in page
    assert "这里是您开户银行" in page


def test_who_is_not_here_reads_so_and_is_here_by_a_button_or_the_first_case(browser, store):
    agent = browser("agent", "a17")
    assert "You are not counted as here yet" in agent.get("/work").text
    assert "You are not counted as here yet" not in press(agent, "state", state="available").text
    assert [each.state for each in store.work.states(AGENT)] == ["available"]
