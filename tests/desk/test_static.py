"""What the pages load: our own files alone, each there, none with code or style between the lines."""

import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

import desk

FOLDER = Path(desk.__file__).parent
STATIC = FOLDER / "static"
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
HTMX = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"


class Inline(HTMLParser):
    """Collects what a strict policy of content would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(f"<{tag}> at line {self.getpos()[0]}")
        for name, value in attrs:
            code = name.startswith(("on", "hx-on")) or (value or "").lstrip().startswith(
                ("javascript:", "js:")
            )
            if name == "style" or code:
                self.found.append(f"{name} at line {self.getpos()[0]}")


def test_htmx_is_the_file_that_was_published_and_its_licence_lies_beside_it():
    assert sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest() == HTMX
    assert "Zero-Clause BSD" in (STATIC / "htmx.LICENSE.txt").read_text("utf-8")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_template_has_no_code_and_no_style_in_it(template):
    parser = Inline()
    parser.feed(template.read_text("utf-8"))
    assert parser.found == []


def test_code_between_the_lines_would_be_found():
    parser = Inline()
    parser.feed("<p onclick='go()' style='color: red'><script>go()</script><a href='javascript:go()'>x</a>")
    assert len(parser.found) == 4


def test_every_file_that_a_page_names_is_there_and_every_file_is_named():
    named = {
        name for path in TEMPLATES for name in re.findall(r"asset\(['\"]([^'\"]+)", path.read_text("utf-8"))
    }
    there = {path.name for path in STATIC.iterdir() if path.suffix in (".js", ".css", ".svg")}
    assert named == there


@pytest.mark.parametrize("style", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_a_style_loads_nothing(style):
    text = style.read_text("utf-8")
    assert "@import" not in text
    assert re.findall(r"url\((?!['\"]?data:)[^)]*\)", text) == []


@pytest.mark.parametrize("script", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_a_script_of_ours_makes_no_code_of_texts(script):
    if script.name == "htmx.min.js":
        pytest.skip("what htmx may do is held by the policy of content")
    text = script.read_text("utf-8")
    assert re.findall(r"\beval\(|new Function|innerHTML\s*=|insertAdjacentHTML|document\.write", text) == []
    assert re.findall(r"https?://", text) == []
