"""What the desk knows: every version stays, and what helps with a case is found from it."""

import pytest

import detectors
from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.knowledge.article import Draft, read_article, starter_set
from cases.store import Store
from tests.cases.closed import AGENT, LEAD, live_case, verbs
from tests.cases.made import NOON_MS, alert

FREEZE = Draft(title="Freeze 冻结", body="A freeze needs an order.", detectors=("burst",))


def names(hits) -> list[str]:
    return [hit.article.id for hit in hits]


def edit(store: Store, article_id: str, replaces: int, **fields) -> None:
    given = {"title": article_id, "body": "text", "detectors": ()} | fields
    store.knowledge.edit(article_id, Draft(**given), "better", LEAD, NOON_MS, replaces=replaces)


def test_an_edit_is_the_next_version_and_none_is_lost(store):
    first = store.knowledge.edit("freeze", FREEZE, "first words", LEAD, NOON_MS, replaces=0)
    second = store.knowledge.edit(
        "freeze", Draft(title="Freeze", body="Ask compliance."), "shorter", LEAD, NOON_MS + 1, replaces=1
    )
    assert store.knowledge.history("freeze") == (first, second)
    assert (first.version, first.author, first.reason) == (1, "lead-2", "first words")
    assert store.knowledge.get("freeze") == second
    assert store.knowledge.get("freeze", 1) == first
    assert verbs(store) == ["article_edited", "article_edited"]


def test_an_edit_that_changes_nothing_is_no_version(store):
    first = store.knowledge.edit("freeze", FREEZE, "first words", LEAD, NOON_MS, replaces=0)
    assert store.knowledge.edit("freeze", FREEZE, "again", LEAD, NOON_MS + 1, replaces=1) == first
    assert len(store.knowledge.history("freeze")) == 1


def test_of_two_edits_of_one_version_the_second_is_told(store):
    edit(store, "freeze", 0)
    edit(store, "freeze", 1, body="one")
    with pytest.raises(NotPossible, match="at version 2 now, and this was made from version 1"):
        edit(store, "freeze", 1, body="other")
    assert store.knowledge.get("freeze").body == "one"


def test_an_article_is_found_by_what_it_says_now_and_no_longer_by_what_it_said(store):
    edit(store, "freeze", 0, body="ask compliance")
    edit(store, "freeze", 1, body="ask the lead")
    assert names(store.knowledge.search("lead")) == ["freeze"]
    assert names(store.knowledge.search("compliance")) == []


def test_articles_come_in_an_order_that_says_why(store):
    edit(store, "both-words", 0, body="police stop")
    edit(store, "in-title", 0, title="police")
    edit(store, "once", 0, body="police")
    edit(store, "tied", 0, body="nothing of it", detectors=("burst",))
    edit(store, "equal-to-once", 0, body="police")
    edit(store, "unrelated", 0, body="printer")
    found = store.knowledge.search("stop police", detectors=["burst"])
    assert names(found) == ["tied", "both-words", "in-title", "equal-to-once", "once"]
    assert (found[0].detectors, found[0].words) == (("burst",), ())
    assert (found[1].detectors, found[1].words) == ((), ("police", "stop"))
    assert names(store.knowledge.search("stop police", limit=1)) == ["both-words"]


@pytest.mark.parametrize(
    "said", ["冻结", "请问如何冻结账户", "冻", "FREEZE", "\uff46\uff52\uff45\uff45\uff5a\uff45"]
)
def test_an_article_is_found_in_either_script(store, said):
    store.knowledge.edit("freeze", FREEZE, "first words", LEAD, NOON_MS, replaces=0)
    assert names(store.knowledge.search(said)) == ["freeze"]


def test_a_case_finds_what_its_detectors_are_about_first_and_then_the_words(store):
    store.knowledge.load(starter_set(), LEAD, NOON_MS)
    case_id = live_case(
        store, alert("a", "c1", "u1", detector="burst"), alert("b", "c1", "u1", detector="impossible_travel")
    )
    assert names(store.knowledge.for_case(case_id)) == ["burst", "impossible-travel"]
    found = names(store.knowledge.for_case(case_id, "止付"))
    assert found[:2] == ["burst", "impossible-travel"]
    assert "temporary-block" in found
    with pytest.raises(NotFound):
        store.knowledge.for_case("C0")


# --- the articles that are shipped


def test_there_is_an_article_for_every_detector():
    told = {name for _, draft in starter_set() for name in draft.detectors}
    assert told == set(detectors.available())


def test_loading_again_changes_nothing_and_what_was_edited_here_stays(store):
    loaded = store.knowledge.load(starter_set(), LEAD, NOON_MS)
    assert len(loaded.added) == len(starter_set())
    assert store.knowledge.load(starter_set(), LEAD, NOON_MS + 1) == ((), (), ())
    edit(store, "burst", 1, body="ours")
    newer = [(name, Draft(title=draft.title, body="newer")) for name, draft in starter_set()]
    renewed = store.knowledge.load(newer, LEAD, NOON_MS + 2)
    assert renewed.kept == ("burst",)
    assert len(renewed.renewed) == len(newer) - 1
    assert store.knowledge.get("burst").body == "ours"
    ours = store.knowledge.load(newer, LEAD, NOON_MS + 3, reason="decided in the meeting")
    assert ours.renewed == ("burst",)


def test_every_shipped_article_is_kept_as_it_is_written(store):
    store.knowledge.load(starter_set(), LEAD, NOON_MS)
    assert {article.id: article.draft for article in store.knowledge.list()} == dict(starter_set())


# --- what is refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: x\n", "begin with a line ---"),
        ("---\ntitle: x\n", "begin with a line ---"),
        ("---\n[\n---\nbody", "no YAML"),
        ("---\ndetectors: []\n---\nbody", "say title"),
        ("---\ntitle: x\nauthor: me\n---\nbody", "nothing else"),
        ("---\ntitle: x\ndetectors: burst\n---\nbody", "a list of names"),
        ("---\ntitle: x\n---\n\n", "the text should have"),
    ],
)
def test_a_file_that_is_no_article_says_what_is_wrong(text, words):
    with pytest.raises(WrongUse, match=words):
        read_article("mine.md", text)


def test_only_who_may_edit_does_and_says_why(store):
    with pytest.raises(NotAllowed, match="may not edit knowledge; that takes: lead, analyst"):
        store.knowledge.edit("freeze", FREEZE, "x", AGENT, NOON_MS, replaces=0)
    with pytest.raises(WrongUse, match="say why"):
        store.knowledge.edit("freeze", FREEZE, " ", LEAD, NOON_MS, replaces=0)
    with pytest.raises(WrongUse, match="no name of an article"):
        store.knowledge.edit("Freeze!", FREEZE, "x", LEAD, NOON_MS, replaces=0)


def test_a_card_number_in_an_article_is_masked(store):
    edit(store, "example", 0, body="as on 4111 1111 1111 1111")
    assert store.knowledge.get("example").body == "as on **** **** **** 1111"
