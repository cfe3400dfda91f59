"""Exports: what two people want and nothing else, recorded, and the same for the same case."""

import pytest

from cases.actions.kinds import Kind
from cases.actions.proposing import Proposal
from cases.audit.seal import stored
from cases.errors import AlreadyMerged, AuditBroken, NotAllowed, NotFound, NotPossible
from cases.evidence.traces import EXPORTED
from cases.who import Role, Who
from tests.cases.audit.conftest import run_raw
from tests.cases.evidence.conftest import AGENT, COMPLIANCE, LATER_MS, LEAD, Ready, approve_export, files
from tests.cases.evidence.pdf_text import pages
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS


def test_the_same_case_gives_the_same_bytes(ready: Ready) -> None:
    store, case_id = ready
    first = store.evidence.export(case_id, LEAD, LATER_MS)
    # Looking at it, other cases' rows, seals and the first export are no change of the case.
    store.audit.list(Who("au-1", Role.AUDITOR), LATER_MS)
    store.audit.seal(LATER_MS)
    assert store.evidence.export(case_id, LEAD, LATER_MS + MINUTE_MS) == first


def test_a_case_that_went_on_gives_another_package(ready: Ready) -> None:
    store, case_id = ready
    first = store.evidence.export(case_id, LEAD, LATER_MS)
    store.work.escalate(case_id, LEAD, "legal", "handed over", LATER_MS + MINUTE_MS)
    second = store.evidence.export(case_id, LEAD, LATER_MS + 2 * MINUTE_MS)
    assert files(second)["timeline.jsonl"].startswith(files(first)["timeline.jsonl"])
    assert b'"handed over"' in files(second)["timeline.jsonl"]


def test_without_an_approved_export_it_is_refused_with_the_way_to_get_it(worked: Ready) -> None:
    store, case_id = worked
    wanted = f"riskdesk action propose {case_id} --kind evidence_export --reason WHY"
    with pytest.raises(NotPossible, match=wanted):
        store.evidence.export(case_id, LEAD, LATER_MS)


def test_an_export_that_waits_for_its_second_person_says_which_action(worked: Ready) -> None:
    store, case_id = worked
    target = f"case:{case_id}"
    wanted = Proposal(kind=Kind.EVIDENCE_EXPORT, target=target, reason="asked for", case_id=case_id)
    asked = store.actions.propose(wanted, LEAD, NOON_MS + HOUR_MS)
    with pytest.raises(NotPossible, match=f"who is not lead-1: riskdesk action approve {asked.id}"):
        store.evidence.export(case_id, LEAD, LATER_MS)


def test_an_approval_does_not_last_for_ever(worked: Ready) -> None:
    approved = approve_export(worked)
    late_ms = (approved.expires_at_ms or 0) + 1
    with pytest.raises(NotPossible, match="leaves the house only when two people want it"):
        worked.store.evidence.export(worked.case_id, LEAD, late_ms)


def test_who_may_not_export_is_told_who_may(ready: Ready) -> None:
    for who in (AGENT, COMPLIANCE, Who("ops-1", Role.OPS)):
        with pytest.raises(NotAllowed, match="may not export evidence; that takes: lead, analyst"):
            ready.store.evidence.export(ready.case_id, who, LATER_MS)


def test_a_case_that_is_not_there_says_so(ready: Ready) -> None:
    with pytest.raises(NotFound, match="no case 'C0000000000'"):
        ready.store.evidence.export("C0000000000", LEAD, LATER_MS)


def test_an_export_is_on_record_in_the_timeline_and_in_the_audit(ready: Ready) -> None:
    store, case_id = ready
    store.evidence.export(case_id, LEAD, LATER_MS)
    (entry,) = [each for each in store.cases.show(case_id).timeline if each.what == EXPORTED]
    assert (entry.actor, entry.note) == ("lead-1", "approved by comp-2")
    (row,) = store.audit.list(Who("au-1", Role.AUDITOR), LATER_MS, verb=EXPORTED)
    assert (row.actor, row.object, row.at_ms) == ("lead-1", f"case:{case_id}", LATER_MS)


def test_an_export_seals_what_it_cites_into_store_and_file(ready: Ready) -> None:
    store, case_id = ready
    store.evidence.export(case_id, LEAD, LATER_MS)
    with store.db.reading():
        (seal,) = stored(store.db)
    assert seal.sealed_at_ms == LATER_MS
    assert store.audit.seals_file().read_bytes().count(b"\n") == 1
    assert store.audit.verify().breaks == ()


def test_a_package_of_a_touched_audit_is_not_signed(ready: Ready, url: str) -> None:
    store, case_id = ready
    table = "" if url.startswith("sqlite:") else " ON audit"
    run_raw(url, f"DROP TRIGGER audit_is_never_changed{table}", "UPDATE audit SET actor = 'x' WHERE seq = 2")
    with pytest.raises(AuditBroken, match="run: riskdesk audit verify"):
        store.evidence.export(case_id, LEAD, LATER_MS)


def test_a_merged_case_points_to_the_one_that_holds_its_evidence(ready: Ready, url: str) -> None:
    store, case_id = ready
    run_raw(
        url,
        "INSERT INTO case_ (id, subject, words, status, band, due_ms, opened_at_ms, ready_at_ms, alerts, "
        "probability, exposure_minor, currency, expected_loss_minor, breakdown, merged_into) VALUES ("
        f"'C1111111111', 'card:x', 'x', 'merged', 0, 0, {NOON_MS}, {NOON_MS}, 1, 0.5, 0, 'CNY', 0, '{{}}', "
        f"'{case_id}')",
    )
    with pytest.raises(AlreadyMerged, match=f"C1111111111 went into {case_id}"):
        store.evidence.export("C1111111111", LEAD, LATER_MS)
    package = store.evidence.export(case_id, LEAD, LATER_MS)
    assert f"{case_id}, with C1111111111 merged into it" in "".join(pages(files(package)["case.pdf"]))
