"""The bank in one file: each key once, and nothing that was lifted before it came."""

from pathlib import Path

from cases.actions.core_banking import Answer, Verdict
from connectors.loopback_bank import LoopbackBank
from tests.connectors.instructions import BLOCK, LIFT, NOW_MS


def test_the_loopback_bank_does_a_key_once_and_answers_a_repeat_as_the_first(tmp_path: Path) -> None:
    bank = LoopbackBank(tmp_path / "bank.db")
    first = bank.carry_out(BLOCK)
    assert first == Answer(verdict=Verdict.DONE, reference="loopback-1")
    assert LoopbackBank(tmp_path / "bank.db").carry_out(BLOCK) == first
    assert bank.held("card:tok_7f3a", NOW_MS) == ("k-1",)
    assert bank.held("card:tok_7f3a", NOW_MS + 1) == ()
    assert bank.carry_out(LIFT).verdict is Verdict.DONE
    assert bank.held("card:tok_7f3a", NOW_MS) == ()
    assert bank.carry_out(BLOCK) == first
    assert bank.effects() == [BLOCK, LIFT]


def test_a_block_that_comes_after_its_lift_is_rejected(tmp_path: Path) -> None:
    bank = LoopbackBank(tmp_path / "bank.db")
    assert bank.carry_out(LIFT).verdict is Verdict.DONE
    assert bank.carry_out(BLOCK).verdict is Verdict.REJECTED
    assert bank.held("card:tok_7f3a", NOW_MS) == ()


def test_a_journal_that_cannot_be_written_is_a_bank_that_is_away(tmp_path: Path) -> None:
    said = LoopbackBank(tmp_path / "nowhere" / "bank.db").carry_out(BLOCK)
    assert said.verdict is Verdict.RETRY
    assert "bank.db is away" in said.detail
