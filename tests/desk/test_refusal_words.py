"""Refusals in the person's language: by key and values where they are frequent, by their kind otherwise."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own.

import re
from pathlib import Path

import pytest

import cases
import desk
from cases.errors import CannotCall, CaseError, NotYours, StoreMissing
from desk.formats import Formats
from desk.refusal_words import refusal_words
from desk.wording import catalogue
from tests.cases.made import NOON_MS, alert
from tests.desk.conftest import HTMX

ZH = Formats("zh", "Asia/Shanghai", NOON_MS)
NAVIGATES = {"Sec-Fetch-Mode": "navigate"}


def test_english_is_what_the_services_say():
    error = NotYours("C1 is with a18 until noon").known_as(
        "with_another", case="C1", by="a18", until_ms=NOON_MS
    )
    assert refusal_words("en", Formats("en", "UTC", NOON_MS), error) == "C1 is with a18 until noon"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            NotYours("x").known_as("with_another", case="C1", by="a18", until_ms=NOON_MS),
            f"C1 由 a18 处理至 {ZH.moment(NOON_MS)}；请领取其他案件。",
        ),
        (
            CaseError("x").known_as("not_allowed", name="mei", role="lead"),
            "mei（值班长）无此权限；请联系值班长。",
        ),
        (CannotCall("not before eight"), "现在不可呼叫：not before eight"),
        (StoreMissing("there is none"), "there is none"),
        (CaseError("as it is").known_as("no_such_key"), "as it is"),
    ],
)
def test_what_is_refused_is_said_in_chinese_as_far_as_it_is_known(error, words):
    assert refusal_words("zh", ZH, error) == words


def test_every_key_that_the_services_give_is_in_the_catalogue():
    prefix = "refusal.key_"
    assert given_keys() == {key.removeprefix(prefix) for key in catalogue() if key.startswith(prefix)}


def given_keys() -> set[str]:
    folders = [Path(package.__file__).parent for package in (cases, desk)]
    texts = [path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py")]
    return {key for text in texts for key in re.findall(r'known_as\(\s*"([a-z_]+)"', text)}


def test_a_claim_that_came_too_late_is_told_in_chinese(browser, store):
    store.cases.take_in([alert("a", "c1", "u1")], NOON_MS)
    (case,) = store.cases.list()
    first, second = browser("agent", "a17"), browser("agent", "a18")
    first.post("/queue/claim", data={"case_id": case.id})
    second.post("/me/preferences", data={"language": "zh", "time_zone": "Asia/Shanghai"})
    answer = second.post("/queue/claim", data={"case_id": case.id}, headers=HTMX)
    assert answer.status_code == 409
    assert f"{case.id} 由 a17 处理至" in answer.text


def test_an_address_with_a_value_that_is_not_allowed_is_a_page_that_says_what_is(browser):
    lead = browser("lead")
    page = lead.get("/queue?status=burnt&band=0&page=-1", headers=NAVIGATES)
    assert page.status_code == 200, "a browser would log an error"
    assert "burnt" in page.text
    assert "&#39;waiting&#39;" in page.text
    assert "1 or more" in page.text
    assert 'href="/queue?band=0"' in page.text
    assert lead.get("/queue?status=burnt", headers=HTMX).status_code == 422
