"""A4 pages with headings, paragraphs and tables, in fonts of our own: the same words give the same bytes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

# Liberation Sans 2.1 (SIL OFL 1.1) for Latin, Greek and Cyrillic; Droid Sans Fallback (Apache 2.0) for what
# it lacks: Chinese, Japanese, Korean. Both are in `fonts/`, with their licences.
_LATIN, _LATIN_BOLD = "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"
_EASTERN = "DroidSansFallbackFull.ttf"

_MARGIN_MM = 18
_TEXT_PT = 9
_SMALL_PT = 7.5
_LINE_MM = 4.4
_INK = (25, 28, 34)
_FAINT = (105, 112, 122)
_ACCENT = (24, 62, 104)
_BAND = (233, 238, 244)
_RULE = (196, 203, 212)


class Paper(FPDF):
    """One document; `footer_text` stands at the foot of every page."""

    def __init__(self, title: str, footer_text: str, made_at: datetime) -> None:
        """Begin with an empty first page; `made_at` is the time that the document says it was made at."""
        super().__init__(format="A4")
        self._load_fonts()
        self._footer_text = self._legible(footer_text)
        self.set_creation_date(made_at)
        self.set_title(self._legible(title))
        self.set_creator("riskdesk")
        # The size matters less than that every version of zlib gives the same bytes.
        self.set_compression(False)
        self.set_margin(_MARGIN_MM)
        self.set_auto_page_break(True, margin=_MARGIN_MM + 4)
        self.add_page()

    def footer(self) -> None:
        """Write the foot of a page; called by fpdf2."""
        self.set_y(-_MARGIN_MM + 3)
        self.set_draw_color(*_RULE)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)
        self._pen(_SMALL_PT, _FAINT)
        self.cell(self.epw * 0.8, 4, self._footer_text)
        self.cell(0, 4, f"page {self.page_no()} of {{nb}}", align="R")

    def title_block(self, title: str, below: str) -> None:
        """Write the head of the document."""
        self._pen(19, _ACCENT, bold=True)
        self._write(9, title)
        self._pen(10, _FAINT)
        self._write(5.2, below)
        self.ln(2)

    def heading(self, words: str) -> None:
        """Begin a section; a heading never stands alone at the foot of a page."""
        if self.will_page_break(26):
            self.add_page()
        self.ln(4)
        self._pen(12, _ACCENT, bold=True)
        self._write(6, words)
        self.set_draw_color(*_ACCENT)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(2)

    def paragraph(self, text: str, *, style: Literal["plain", "strong", "faint"] = "plain") -> None:
        """Write a paragraph."""
        self._pen(_TEXT_PT, _FAINT if style == "faint" else _INK, bold=style == "strong")
        self._write(_LINE_MM, text)
        self.ln(1)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Write names with what they stand for, a pair a line."""
        rows = [(name, value) for name, value in pairs if value]
        self._pen(_TEXT_PT, _INK)
        with self.table(
            rows=[],
            col_widths=(24, 76),
            borders_layout=TableBordersLayout.NONE,
            first_row_as_headings=False,
            line_height=_LINE_MM,
            padding=(0.5, 1, 0.5, 0),
            text_align="LEFT",
            v_align="TOP",
        ) as table:
            for name, value in rows:
                row = table.row()
                row.cell(self._legible(name), style=FontFace(color=_FAINT))
                row.cell(self._legible(value))
        self.ln(1)

    def grid(
        self, columns: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[str]], none: str
    ) -> None:
        """Write a table, its heading again on each page; `none` stands for a table without rows."""
        filled = [[self._legible(cell) for cell in row] for row in rows]
        if not filled:
            self.paragraph(none, style="faint")
            return
        self._pen(8, _INK)
        self.set_draw_color(*_RULE)
        with self.table(
            rows=[],
            col_widths=tuple(widths),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", color=_ACCENT, fill_color=_BAND),
            line_height=4,
            padding=(0.8, 1.2, 0.8, 1.2),
            text_align="LEFT",
            v_align="TOP",
        ) as table:
            for cells in ([self._legible(name) for name in columns], *filled):
                row = table.row()
                for cell in cells:
                    row.cell(cell)
        self.ln(2)

    def _render_styled_text_line(self, *line: Any, **how: Any) -> bool:
        """Set the font first: fpdf2 2.8.9 forgets it where a line begins in the fallback font.

        It then sets it within that line alone, and what follows is shown in glyphs of another font.
        """
        if not self.current_font_is_set_on_page and self.current_font is not None:
            self._out(self._set_font_for_page(self.current_font, self.font_size_pt))
        return super()._render_styled_text_line(*line, **how)

    def bytes(self) -> bytes:
        """Give the finished document."""
        return bytes(self.output())

    def _write(self, line_mm: float, text: str) -> None:
        self.multi_cell(0, line_mm, self._legible(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _pen(self, size_pt: float, colour: tuple[int, int, int], *, bold: bool = False) -> None:
        self.set_font("latin", "B" if bold else "", size_pt)
        self.set_text_color(*colour)

    def _legible(self, text: str) -> str:
        """Give text as it can be printed: what no font has is written as its number, not dropped."""
        return "".join(
            character if character in "\n " or ord(character) in self._known else f"[U+{ord(character):04X}]"
            for character in text
        )

    def _load_fonts(self) -> None:
        for family, style, name in (
            ("latin", "", _LATIN),
            ("latin", "B", _LATIN_BOLD),
            ("eastern", "", _EASTERN),
        ):
            with as_file(_font(name)) as path:
                self.add_font(family, style, path)
        self.set_fallback_fonts(["eastern"], exact_match=False)
        self._known = {
            code for font in self.fonts.values() if isinstance(font, TTFFont) for code in font.cmap
        }


def _font(name: str) -> Traversable:
    return files("cases.evidence").joinpath("fonts", name)
