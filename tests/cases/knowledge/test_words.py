"""The words by which articles are found, in scripts with blanks and without."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.knowledge.words import asked, weighed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Stop payment!", ("payment", "stop")),
        ("\uff33\uff54\uff4f\uff50", ("stop",)),  # full width
        ("冻结账户", ("冻结", "结账", "账户")),
        ("卡", ("卡",)),
        ("请冻结 card-7", ("7", "card", "冻结", "请冻")),
        ("the of and", ()),
        ("", ()),
    ],
)
def test_a_search_is_cut_into_words_and_pairs(text, words):
    assert asked(text) == words


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_an_article_says_is_what_it_is_found_by(title, body):
    assert set(asked(title)) | set(asked(body)) <= weighed(title, body).keys()


@given(st.text("冻结账户止付卡", min_size=1, max_size=6), st.text("冻结账户止付卡", max_size=6))
def test_any_part_of_a_chinese_text_finds_it(part, around):
    assert set(asked(part)) <= weighed("", around + part + around).keys()


def test_a_word_of_the_title_weighs_more_than_any_repetition():
    weights = weighed("freeze", "block " * 50)
    assert weights["freeze"] > weights["block"]
