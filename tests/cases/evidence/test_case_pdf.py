"""What people read in a package: every word as a viewer shows it, Chinese too."""

from datetime import UTC, datetime

import pytest

from cases.evidence.paper import Paper
from tests.cases.evidence.conftest import Made, files
from tests.cases.evidence.pdf_text import pages


@pytest.fixture(scope="module")
def text(made: Made) -> str:
    """The words of the document, blanks and line ends alike left out."""
    return squeezed("".join(pages(files(made.package)["case.pdf"])))


def squeezed(words: str) -> str:
    return "".join(words.split())


@pytest.mark.parametrize(
    "words",
    [
        "CNY 17,845.00 (seventeen thousand eight hundred forty-five and 00/100 CNY)",
        "withdrew at 台北市信义区 19 minutes after a purchase in Kaohsiung",
        "tried 3 times on 2 numbers between 20:04 and 20:40, 2 times no answer, once voicemail",
        "tok_7f3a (ends in 4242), tok_9c11 (ends in 0017)",
        "amount: CNY 20,000.00; usual: CNY 310.00",
        "gap: 19 minutes",
        "arrived at: 2026-03-05 19:59:00+08:00",
        "called customer:u-1001 on num-b: no answer (响了很久 没有人接)",
        "temporary block of card:tok_7f3a: card used in two cities, customer not reached",
        "lead-1: approved, 2026-03-05 20:09:00+08:00",
        "信义刑字第 2026-0311 号 台北市政府警察局信义分局 card:tok_9c11",
        "Export approved by comp-2 at 2026-03-05 21:21:00+08:00",
        "Times are those of Asia/Shanghai.",
    ],
)
def test_the_document_says(text: str, words: str) -> None:
    assert squeezed(words) in text


def test_every_glyph_is_that_of_its_character(text: str) -> None:
    assert "�" not in text


def test_bookkeeping_of_the_desk_is_left_out(text: str) -> None:
    assert "woke" not in text
    assert squeezed("lines of the desk's own bookkeeping left out") in text


def test_every_page_is_numbered_at_its_foot(made: Made) -> None:
    found = pages(files(made.package)["case.pdf"])
    assert [f"page {number} of" in page for number, page in enumerate(found, 1)] == [True] * len(found)
    assert len(found) == 3


def paper() -> Paper:
    return Paper("title", "foot", datetime(2026, 3, 5, tzinfo=UTC))


def test_a_character_that_no_font_has_is_written_as_its_number() -> None:
    page = paper()
    page.paragraph("张伟 𠮷 \x07 ع")
    assert squeezed("张伟 [U+20BB7] [U+0007] [U+0639]") in squeezed(pages(page.bytes())[0])


def test_latin_on_the_second_line_of_a_chinese_cell_keeps_its_font() -> None:
    page = paper()
    order = "信义刑字第信义刑字第信义刑字第 2026-0311 号"
    page.grid(("Order", "Authority"), (15, 85), [(order, "x")], "")
    assert squeezed(order) in squeezed(pages(page.bytes())[0])


def test_a_long_table_repeats_its_heading_on_each_page() -> None:
    page = paper()
    page.grid(("Order", "Authority"), (50, 50), [("one", "two")] * 150, "")
    found = pages(page.bytes())
    assert len(found) > 2
    assert all("Authority" in text for text in found)


def test_an_empty_table_says_so_in_words() -> None:
    page = paper()
    page.grid(("Order", "Authority"), (50, 50), [], "None was received.")
    assert "None was received." in pages(page.bytes())[0]


def test_the_same_words_give_the_same_bytes() -> None:
    made = []
    for _ in range(2):
        page = paper()
        page.title_block("Evidence 证据", "below")
        page.facts((("Customer", "张伟"), ("Nothing", "")))
        made.append(page.bytes())
    assert made[0] == made[1]
