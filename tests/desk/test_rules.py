"""Rules: what runs, how it is set, what it brought, the reports and the models."""

import os

import orjson
import pytest

from cases.case import Outcome
from cases.profiles.version import Content, Reference
from cases.signing_off.change import Report
from cases.who import Role, Who
from desk.settings import DeskSettings
from tests.cases.made import NOON_MS, alert
from tests.cases.models import learnt

AGENT, LEAD, ANALYST = Who("a18", Role.AGENT), Who("lead", Role.LEAD), Who("ana", Role.ANALYST)
TEXT = "name: night\ndetectors:\n  burst:\n    uses: 8\n  drain:\n"
SCRIPT = "<script>document.title = 'owned'</script>"


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "new.html").write_text(f"<title>Backtest</title>{SCRIPT}", "utf-8")
    (folder / "new.json").write_bytes(orjson.dumps({"alerts": 4321}))
    (folder / "old.html").write_text("<p>old</p>", "utf-8")
    (folder / "old.json").write_text("no JSON", "utf-8")
    os.utime(folder / "old.html", (1, 1))
    (tmp_path / "secret.html").write_text("secret", "utf-8")
    (folder / "notes.txt").write_text("secret", "utf-8")
    return folder


@pytest.fixture
def settings(reports):
    return DeskSettings(reports=reports)


def add(store, text=TEXT):
    return store.profiles.add(
        Content(name="night", text=text), ANALYST, NOON_MS, "what the night runs"
    ).version


def in_force(store, text=TEXT):
    version = add(store, text)
    reference = Reference("night", version.number)
    report = Report(name="first.html", digest="ab" * 32)
    store.profiles.promote(reference, ANALYST, NOON_MS, "first", report)
    store.profiles.approve(reference, LEAD, NOON_MS)


def close(store, name, outcome, detector="burst"):
    store.cases.take_in([alert(name, f"card-{name}", f"u-{name}", detector=detector, reason=f"seen {name}")])
    case = next(each for each in store.cases.list() if each.members[0].card == f"card-{name}")
    store.work.claim(case.id, AGENT, NOON_MS)
    store.work.close(case.id, AGENT, None, outcome, "spoken with them", NOON_MS)


def test_an_empty_store_says_how_a_profile_gets_here(browser):
    page = browser("analyst").get("/rules").text
    assert "No profile is in this store" in page
    assert "riskdesk profile add" in page


def test_profiles_say_which_version_runs_since_when_and_who_agreed(browser, store):
    in_force(store)
    add(store, TEXT + "  burst_two:\n")
    page = browser("auditor").get("/rules").text
    assert "night@1 is in force" in page
    assert "proposed by ana, approved by lead" in page
    assert "night@2" in page


def test_detectors_are_shown_with_what_the_profile_sets_what_they_told_of_and_how_often_it_was_right(
    browser, store
):
    in_force(store)
    close(store, "one", Outcome.CONFIRMED_FRAUD)
    close(store, "two", Outcome.GENUINE)
    close(store, "three", Outcome.UNREACHABLE)
    page = browser("analyst").get("/rules").text
    row = page[page.index('href="/rules/burst"') :].split("</tr>")[0]
    assert "uses: 8" in row
    assert ">3<" in row
    assert "50%" in row
    assert "1 / 2" in row
    assert "as shipped" in page[page.index('href="/rules/drain"') :].split("</tr>")[0]


def test_a_detector_has_a_page_with_its_parameters_article_and_last_alerts(browser, store):
    in_force(store)
    close(store, "one", Outcome.CONFIRMED_FRAUD)
    page = browser("agent").get("/rules/burst").text
    for said in (
        "set by the profile",
        "max_kmh",
        "seen one",
        "right in 1 of 1 closed cases",
        "riskdesk knowledge load",
    ):
        assert said in page
    seen = store.audit.list(Who("au", Role.AUDITOR), NOON_MS, verb="viewed")
    assert ("agent", "detector:burst") in [(row.actor, row.object) for row in seen]


def test_a_detector_that_runs_nowhere_and_told_of_nothing_is_not_found(browser):
    assert browser("agent").get("/rules/no_such").status_code == 404


def test_a_version_shows_its_text_and_what_differs_from_the_one_in_force(browser, store):
    in_force(store)
    add(store, TEXT.replace("uses: 8", "uses: 12"))
    page = browser("lead").get("/rules/profiles/night/2").text
    assert "What differs from night@1" in page
    assert "uses: 12" in page
    assert "propose-dialog" not in page
    assert "propose-dialog" in browser("analyst").get("/rules/profiles/night/2").text
    assert browser("lead").get("/rules/profiles/night/3").status_code == 404


def test_an_analyst_proposes_a_version_on_a_report_of_the_folder(browser, store):
    in_force(store)
    add(store, TEXT.replace("uses: 8", "uses: 12"))
    wanted = {"name": "night", "number": 2, "kind": "promotion", "reason": "fewer calls"}
    analyst = browser("analyst")
    assert analyst.post("/rules/profiles/propose", data=wanted).status_code == 422  # without a report
    assert (
        analyst.post("/rules/profiles/propose", data=wanted | {"report": "../secret.html"}).status_code == 404
    )
    done = analyst.post("/rules/profiles/propose", data=wanted | {"report": "new.html"})
    assert (done.status_code, done.headers["location"]) == (303, "/approvals?item=profile%3Anight%402")
    change = store.profiles.changes("night")[-1]
    assert change.report.figures == {"alerts": 4321}
    assert browser("agent").post("/rules/profiles/propose", data=wanted).status_code == 403


def test_reports_are_listed_with_their_figures_the_newest_first(browser):
    page = browser("analyst").get("/rules").text
    assert page.index("new.html") < page.index("old.html")
    assert "4,321" in page
    assert "notes.txt" not in page


def test_a_report_is_shown_by_itself_where_nothing_in_it_can_run(browser):
    shown = browser("analyst").get("/rules/reports/new.html")
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "allow-" not in policy
    given = browser("analyst").get("/rules/reports/new.html?download=true")
    assert given.headers["content-disposition"] == 'attachment; filename="new.html"'


@pytest.mark.parametrize("name", ["secret.html", "..%2Fsecret.html", "notes.txt", "new.json", "%00"])
def test_nothing_but_reports_of_the_folder_can_be_had(browser, name):
    answer = browser("analyst").get(f"/rules/reports/{name}")
    assert (answer.status_code, "secret<" in answer.text) == (404, False)


def test_models_are_listed_and_shown_with_card_and_decisions(browser, store):
    learnt.promote(store, learnt.add(store, "m1"))
    learnt.add(store, "m2")
    page = browser("auditor").get("/rules/models").text
    assert page.index("risk_model@2") < page.index("risk_model@1")
    shown = browser("analyst").get("/rules/models/2").text
    for said in ("Average precision", "0.72", "31.00%", "1,234 transactions", "propose-dialog"):
        assert said in shown
    assert browser("analyst").get("/rules/models/7").status_code == 404


def test_an_analyst_proposes_a_model_and_to_go_back(browser, store, clock):
    learnt.promote(store, learnt.add(store, "m1"))
    learnt.add(store, "m2")
    analyst = browser("analyst", "ana-1")
    wanted = {"number": 2, "kind": "promotion", "reason": "finds more", "report": "new.html"}
    assert analyst.post("/rules/models/propose", data=wanted).headers["location"].endswith("risk_model%402")
    store.models.approve(2, learnt.LEAD, clock())
    back = analyst.post("/rules/models/propose", data={"number": 1, "kind": "rollback", "reason": "worse"})
    assert back.status_code == 303
    assert store.models.changes()[-1].kind == "rollback"


def test_without_models_the_page_says_how_one_gets_here(browser):
    assert "riskdesk model add" in browser("analyst").get("/rules/models").text
