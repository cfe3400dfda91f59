"""What the desk knows, to be read."""

from cases.knowledge.article import Draft
from cases.who import Role, Who
from tests.cases.made import NOON_MS
from tests.desk.case_made import ring

LEAD = Who("l1", Role.LEAD)
DRAFT = Draft(title="Far apart", body="## Ask\n\n- <b>Where</b> are you?", detectors=("impossible_travel",))


def test_an_article_is_read_and_leads_to_its_rules(browser, store):
    store.knowledge.edit("far-apart", DRAFT, "first", LEAD, NOON_MS, replaces=0)
    html = browser("agent").get("/knowledge/far-apart").text
    assert "<h2>Ask</h2>" in html
    assert "<li>&lt;b&gt;Where&lt;/b&gt; are you?</li>" in html
    assert 'href="/rules/impossible_travel"' in html


def test_articles_are_listed_and_found_by_their_words(browser, store):
    agent = browser("agent")
    assert "riskdesk knowledge load" in agent.get("/knowledge").text
    store.knowledge.edit("far-apart", DRAFT, "first", LEAD, NOON_MS, replaces=0)
    assert 'href="/knowledge/far-apart"' in agent.get("/knowledge?q=apart").text
    assert 'href="/knowledge/far-apart"' not in agent.get("/knowledge?q=elephants").text


def test_a_case_leads_to_what_is_known_about_its_rules(browser, store):
    case = ring(store)
    store.knowledge.edit("far-apart", DRAFT, "first", LEAD, NOON_MS, replaces=0)
    assert 'href="/knowledge/far-apart"' in browser("agent").get(f"/cases/{case}").text


def test_an_article_that_there_is_not_is_said_so(browser):
    assert browser("agent").get("/knowledge/nothing").status_code == 404
