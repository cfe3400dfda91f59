# ruff: noqa: RUF001 (Chinese has its own commas)
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tuning.report.made import bars_picture, report
from tuning.report.page import Notice, Report, Section, Table, Words, page, write_report
from tuning.report.words import PHRASES, Catalogue

VOID = {"meta", "input"}
HAN = re.compile("[\u4e00-\u9fff]")


class Outline(HTMLParser):
    """Reads a page as a browser would and keeps its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(text: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Outline()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader.found


@pytest.fixture(scope="module")
def whole() -> str:
    return page(report())


@pytest.fixture(scope="module")
def tree(whole: str) -> ElementTree.Element:
    return ElementTree.fromstring(whole)


def test_a_page_is_well_formed_as_html_and_as_xml(whole: str, tree: ElementTree.Element) -> None:
    assert tree.tag == "html"
    assert [tag for tag, _ in outline(whole)].count("h1") == 1


def test_a_page_needs_nothing_from_elsewhere(whole: str) -> None:
    assert "://" not in whole
    assert "url(" not in whole
    assert "@import" not in whole
    for tag, given_ in outline(whole):
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}
        assert not {"src", "srcset", "style", "xlink:href", "action"} & set(given_)
        assert not any(name.startswith("on") for name in given_)
        assert (given_.get("href") or "#").startswith("#")


def test_a_browser_may_run_and_load_nothing_but_the_page_s_own_style_and_script(
    tree: ElementTree.Element,
) -> None:
    allowed = next(each.attrib["content"] for each in tree.iter("meta") if "http-equiv" in each.attrib)
    assert allowed.startswith("default-src 'none';")
    assert "unsafe" not in allowed
    (style,), (script,) = list(tree.iter("style")), list(tree.iter("script"))
    for each in (style, script):
        digest = b64encode(sha256((each.text or "").encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_report(tmp_path / name, report())
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_report_that_cannot_be_made_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, report())
    before = path.read_bytes()
    with pytest.raises(ValueError, match="has 1 columns"):
        write_report(path, Report("r", (), (Section("s", (), (Table("t", ("one",), ((),)),)),)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_every_text_is_there_in_both_languages(tree: ElementTree.Element) -> None:
    parents = {child: parent for parent in tree.iter() for child in parent}
    spoken = [
        each for each in tree.iter() if each.attrib.get("lang") in ("en", "zh-Hans") and each.tag != "html"
    ]
    for each in spoken:
        others = {child.attrib.get("lang") for child in parents[each] if child.tag == each.tag}
        assert {"en", "zh-Hans"} <= others
    english = ["".join(each.itertext()) for each in spoken if each.attrib["lang"] == "en"]
    assert not any(HAN.search(text) for text in english)
    assert any("The candidate catches more" in text for text in english)
    outside_of_both = _spoken_in_one(tree)
    assert not [text for text in outside_of_both if HAN.search(text) and text != "中文"]


def _spoken_in_one(element: ElementTree.Element) -> list[str]:
    """Give the texts that no language is marked for."""
    if element.tag in ("style", "script") or (element.attrib.get("lang") and element.tag != "html"):
        return [element.tail or ""]
    found = [element.text or ""]
    for child in element:
        found += _spoken_in_one(child)
    return [*found, element.tail or ""]


def test_the_language_is_chosen_by_two_buttons_that_keys_reach(tree: ElementTree.Element) -> None:
    buttons = list(tree.iter("input"))
    assert [each.attrib["type"] for each in buttons] == ["radio", "radio"]
    assert [each.attrib["id"] for each in buttons if "checked" in each.attrib] == ["in-en"]
    assert [each.attrib["for"] for each in tree.iter("label")] == ["in-en", "in-zh"]
    style = files("tuning.report").joinpath("style.css").read_text("utf-8")
    assert '#in-en:checked ~ * [lang="zh-Hans"]' in style


def test_every_picture_has_a_title_a_description_and_its_numbers(tree: ElementTree.Element) -> None:
    figures = list(tree.iter("figure"))
    assert len(figures) == 7
    for figure in figures:
        pictures = list(figure.iter("svg"))
        assert len(pictures) == 2
        for each in pictures:
            assert each.attrib["role"] == "img"
            assert [child.tag for child in each][:2] == ["title", "desc"]
            assert all((child.text or "").strip() for child in list(each)[:2])
        assert len(list(figure.iter("table"))) == 1


def test_no_two_parts_have_the_same_name(tree: ElementTree.Element) -> None:
    names = [each.attrib["id"] for each in tree.iter() if "id" in each.attrib]
    assert len(names) == len(set(names))
    links = [each.attrib["href"].removeprefix("#") for each in tree.iter("a")]
    assert set(links) <= set(names)


hostile = st.text(max_size=40) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "\" onload='x",
        "]]>",
        "&lt;",
        "</style><b>",
        "\x00\x1b[31m",
        "\ud800",
        "\u202e",
    ]
)
said = hostile | st.builds(Words, hostile, hostile)


@given(st.lists(said, min_size=9, max_size=9), hostile)
@settings(max_examples=60, deadline=None)
def test_no_text_can_break_out_of_the_page(texts: list[str | Words], made_from: str) -> None:
    parts = (
        Table(texts[0], (texts[1],), ((texts[2],),)),
        Notice(texts[3]),
        bars_picture(2)._replace(title=texts[4]),
    )
    whole = page(
        Report(texts[5], (texts[6],), (Section(texts[7], (texts[8],), parts),), ((texts[0], made_from),))
    )
    whole.encode("utf-8")
    tags = [tag for tag, _ in outline(whole)]
    assert tags.count("script") == 1
    assert tags.count("style") == 1
    ElementTree.fromstring(whole)


def test_columns_of_figures_stand_to_the_right_and_words_to_the_left() -> None:
    table = Table(
        "t",
        ("name", "figure"),
        (("burst", "1,234"), ("velocity", "-"), ("other", "+3 %"), ("lost", "CNY -3.50")),
    )
    cells = [
        (each.text, each.attrib.get("class"))
        for each in ElementTree.fromstring(page(Report("r", (), (Section("s", (), (table,)),)))).iter("td")
    ]
    assert cells[:2] == [("burst", "left"), ("1,234", None)]


def test_no_line_ends_within_an_amount_a_share_or_a_time() -> None:
    whole = page(Report("r", ("CNY -3.50 of 12.5 % on 2026-09-18 09:27",), ()))
    assert "CNY\u00a0-3.50 of 12.5\u00a0% on <time>2026-09-18 09:27</time>" in whole


def test_what_stands_in_backquotes_is_code() -> None:
    whole = page(Report("r", ("`riskdesk diff <b>` opens them",), ()))
    assert "<code>riskdesk diff &lt;b&gt;</code> opens them" in whole


def test_rows_that_are_left_out_of_a_long_table_are_counted() -> None:
    table = Table("t", ("n",), tuple((str(index),) for index in range(2500)))
    whole = page(Report("r", (), (Section("s", (), (table,)),)))
    assert whole.count("<td>") == 2000
    assert "The first 2,000 of 2,500 rows" in whole
    assert "共 2,500 行" in whole


def test_a_row_that_does_not_fit_its_head_is_refused() -> None:
    table = Table("t", ("one", "two"), (("a", "b"), ("c",)))
    with pytest.raises(ValueError, match="table 't' has 2 columns, but row 2 has 1"):
        page(Report("r", (), (Section("s", (), (table,)),)))


def test_a_text_is_filled_in_with_the_words_of_each_language() -> None:
    assert PHRASES.say("other", count=3) == Words("Other (3)", "其他（3 项）")
    told = PHRASES.say("span_one", name=Words("Recall", "召回率"), low="3")
    assert told == Words("Recall: 3", "召回率：3")


def test_a_catalogue_that_lacks_a_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("hello: {en: Hello}", "utf-8")
    with pytest.raises(TypeError, match="zh"):
        Catalogue(tmp_path / "words.yaml")
