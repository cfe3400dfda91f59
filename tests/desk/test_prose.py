"""Articles as pages show them: what is written is text, whatever it looks like."""

from hypothesis import given
from hypothesis import strategies as st

from desk.prose import prose


def test_headings_lists_and_emphasis_become_what_they_mean():
    text = "## Ask\n\n1. One thing\n   and more of it\n2. **Two**\n\nA `code` here,\non two lines."
    assert prose(text) == (
        "<h2>Ask</h2>\n<ol><li>One thing and more of it</li><li><strong>Two</strong></li></ol>\n"
        "<p>A <code>code</code> here, on two lines.</p>"
    )


def test_a_heading_right_above_its_text_stands_alone():
    assert prose("# Title\ntext") == "<h2>Title</h2>\n<p>text</p>"


def test_markup_in_a_text_is_text():
    html = prose("<script>x</script> **<b>**\n\n- <img src=x onerror=y>\n\n# <i>")
    assert "<script" not in html
    assert "<img" not in html
    assert "<i>" not in html
    assert "<strong>&lt;b&gt;</strong>" in html


@given(st.text(alphabet="<>&\"'#*`-1. \na"))
def test_no_text_can_open_an_element_of_its_own(text):
    for element in ("<script", "<a ", "<a>", "<img"):
        assert element not in prose(text)
