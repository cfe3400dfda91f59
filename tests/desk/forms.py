"""The forms of a page as a person sees them: where they go, what is in their fields, what can be typed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_TYPED = {None, "text", "search"}


@dataclass
class Form:
    """One form; `values` is what it sends untouched, `typed` the fields that take words."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)

    def filled(self, name: str, words: str) -> dict[str, list[str]]:
        """Give what it sends with `words` in one field, and something harmless in the others."""
        others = {each: self.values.get(each) or ["because"] for each in self.typed}
        return {**self.values, **others, name: [words]}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select: tuple[Form, str] | None = None
        # Fields that name a form which comes later.
        self._apart: list[tuple[str, str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            address = given.get("hx-post") or given.get("action") or given.get("hx-get") or ""
            post = "hx-post" in given or given.get("method") == "post"
            self._open = Form(address, "POST" if post else "GET")
            self.forms.append(self._open)
            if given.get("id"):
                self._by_id[given["id"] or ""] = self._open
        elif tag in ("input", "textarea", "select", "button") and given.get("name"):
            if given.get("form"):
                self._apart.append((given["form"] or "", tag, given))
            elif self._open is not None:
                self._field(self._open, tag, given)
        elif tag == "option" and self._select and given.get("value") and "disabled" not in given:
            form, name = self._select
            form.values.setdefault(name, [given["value"] or ""])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None

    def close(self) -> None:
        super().close()
        for name, tag, given in self._apart:
            if name in self._by_id:
                self._field(self._by_id[name], tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str | None]) -> None:
        name, kind, value = given["name"] or "", given.get("type"), given.get("value") or ""
        if tag == "textarea" or (tag == "input" and kind in _TYPED):
            form.typed.append(name)
        elif tag == "select":
            self._select = (form, name)
        elif kind == "radio":
            form.values.setdefault(name, [value])
        elif kind == "checkbox":
            form.values.setdefault(name, []).append(value)
        elif tag == "button":
            form.values.setdefault(name, [value])
        elif kind == "password":
            form.values[name] = ["a password of twelve"]
        else:
            form.values[name] = [value]


def forms_of(page: str) -> list[Form]:
    """Read the forms of a page."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.forms
