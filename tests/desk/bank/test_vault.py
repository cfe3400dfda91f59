"""The digits behind handles: shown to who asks with a reason, masked to all others, and left nowhere."""

import re
import traceback
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.bank.masking import masked, plausible
from desk.bank.vault import HttpVault, LoopbackVault, NoVault, NoVaultSetUp, NumberUnknown, Purpose, VaultAway
from domain.card_numbers import holds_card_number, passes_luhn
from tests.desk.bank_system import NOW_MS, SECRET, BankSystem, serving

PURPOSE = Purpose(agent="agent-7", case="C1", reason="the customer asked for it")
# Made up of a range that is reserved for fiction.
PHONE = "+1 212 555 0147"

handles = st.text(min_size=1, max_size=64)


@pytest.fixture
def system() -> Iterator[BankSystem]:
    with serving(BankSystem()) as running:
        yield running


def vault_at(system: BankSystem) -> HttpVault:
    return HttpVault(system.url, SECRET, lambda: NOW_MS, 5.0)


@given(st.text(alphabet="0123456789", min_size=4, max_size=20), st.sampled_from(["", "+", "+86", "+1"]))
def test_a_masked_telephone_number_hides_four_digits_at_least(digits: str, code: str) -> None:
    number = code + digits
    shown = masked(number, "phone")
    assert "****" in shown
    assert sum(each.isdigit() for each in shown) <= sum(each.isdigit() for each in number) - 4


@given(st.text(alphabet="0123456789", min_size=13, max_size=19))
def test_of_a_card_six_and_four_digits_are_shown(digits: str) -> None:
    assert masked(digits, "card") == digits[:6] + "*" * (len(digits) - 10) + digits[-4:]


@pytest.mark.parametrize(
    ("number", "kind", "shown"),
    [
        ("138 1234 1234", "phone", "138****1234"),
        ("+86-138-1234-1234", "phone", "+86 138****1234"),
        ("+1 212 555 0147", "phone", "+1 21****0147"),
        ("138****1234", "phone", "138****1234"),
        ("0512 6555 0199", "phone", "051****0199"),
        ("12345", "phone", "****"),
        ("", "phone", "****"),
        ("1234", "card", "****"),
        ("000000******7890", "card", "000000******7890"),
    ],
)
def test_numbers_are_masked_as_pages_show_them(number: str, kind: str, shown: str) -> None:
    assert masked(number, kind) == shown  # type: ignore[arg-type]


@given(handles, st.text())
def test_made_up_telephone_numbers_are_of_the_range_for_fiction(handle: str, seed: str) -> None:
    number = LoopbackVault(seed).reveal_number(handle, "phone", PURPOSE)
    assert re.fullmatch(r"\+1 [2-9]\d\d 555 01\d\d", number)
    assert plausible(number, "phone")
    assert LoopbackVault(seed).masked_numbers([handle], "phone") == {handle: masked(number, "phone")}


@given(handles, st.text())
def test_made_up_card_numbers_are_none_and_say_so(handle: str, seed: str) -> None:
    number = LoopbackVault(seed).reveal_number(handle, "card", PURPOSE)
    assert re.fullmatch(r"0000 00\d\d \d{4} \d{4} demo", number)
    assert not passes_luhn([int(each) for each in number if each.isdigit()])
    assert not holds_card_number(number)
    assert plausible(number, "card")


def test_a_handle_has_the_same_number_always_and_another_under_another_seed() -> None:
    vault, other = LoopbackVault("one"), LoopbackVault("two")
    numbers = {vault.reveal_number(f"ph-{each}", "phone", PURPOSE) for each in range(50)}
    assert len(numbers) > 45
    assert LoopbackVault("one").reveal_number("ph-1", "phone", PURPOSE) == vault.reveal_number(
        "ph-1", "phone", PURPOSE
    )
    assert vault.reveal_number("crd-1", "card", PURPOSE) != other.reveal_number("crd-1", "card", PURPOSE)


def test_without_a_vault_nothing_is_known_and_the_page_is_told_where_to_look() -> None:
    assert NoVault().masked_numbers(["ph-1"], "phone") == {}
    with pytest.raises(NoVaultSetUp, match="the bank's own system"):
        NoVault().reveal_number("ph-1", "phone", PURPOSE)


def test_the_bank_is_told_who_needs_a_number_for_what(system: BankSystem) -> None:
    system.says({"number": PHONE})
    assert vault_at(system).reveal_number("ph-1", "phone", PURPOSE) == PHONE
    assert system.got == [
        {
            **{"want": "number", "kind": "phone", "handle": "ph-1"},
            **{"agent": "agent-7", "case": "C1", "reason": "the customer asked for it"},
        }
    ]


def test_masked_numbers_are_asked_for_at_once_and_masked_here_too(system: BankSystem) -> None:
    system.says({"numbers": {"ph-1": PHONE, "ph-2": "138****1234", "ph-9": "not asked for"}})
    found = vault_at(system).masked_numbers(["ph-1", "ph-2", "ph-3"], "phone")
    assert found == {"ph-1": "+1 21****0147", "ph-2": "138****1234"}
    assert system.got == [{"want": "masked", "kind": "phone", "handles": ["ph-1", "ph-2", "ph-3"]}]
    assert vault_at(system).masked_numbers([], "phone") == {}
    assert len(system.got) == 1


def test_a_handle_that_the_bank_does_not_know_is_said_to_be_unknown(system: BankSystem) -> None:
    system.says({"number": None})
    with pytest.raises(NumberUnknown, match="does not know ph-1"):
        vault_at(system).reveal_number("ph-1", "phone", PURPOSE)


@pytest.mark.parametrize(
    ("answered", "status", "why"),
    [
        ({"number": "<script>5550147</script>"}, 200, "something that is no number"),
        ({"number": 15550147}, 200, "something else than numbers"),
        (b'{"number": "+1 212 555 0147"', 200, "something else than numbers"),
        ({"number": PHONE}, 500, "is away: it answered 500"),
    ],
)
def test_an_answer_that_cannot_be_used_is_not_shown(
    system: BankSystem, answered: object, status: int, why: str
) -> None:
    system.says(answered, status)
    with pytest.raises(VaultAway, match=why) as away:
        vault_at(system).reveal_number("ph-1", "phone", PURPOSE)
    told = "".join(traceback.format_exception(away.value))
    assert "0147" not in told
    assert "5550" not in told


def test_a_card_is_no_telephone_number() -> None:
    assert not plausible("0000 0012 3456 7890 demo", "phone")
    assert not plausible(PHONE, "card")


def test_digits_are_neither_logged_nor_kept(system: BankSystem, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    vault = vault_at(system)
    system.says({"number": PHONE})
    assert vault.reveal_number("ph-1", "phone", PURPOSE) == PHONE
    system.says({"numbers": {"ph-1": PHONE}})
    vault.masked_numbers(["ph-1"], "phone")
    demo = LoopbackVault("seed-of-the-demo")
    number = demo.reveal_number("ph-1", "phone", PURPOSE)
    card = demo.reveal_number("crd-1", "card", PURPOSE)
    left = caplog.text + repr(vault) + repr(demo) + str(vars(vault)) + str(vars(demo))
    for digits in (PHONE, number, card):
        assert digits not in left
        assert digits[-8:] not in left
    assert "0123456789abcdef" not in repr(vault) + caplog.text
    assert "seed-of-the-demo" not in repr(demo)
