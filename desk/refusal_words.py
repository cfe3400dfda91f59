"""What a refusal of the services is called in the person's language.

English is what the services speak. In another language those that are frequent are said by their key and
values; of the others the kind is said, before the words in English.
"""

from desk.formats import Formats
from desk.settings import Language
from desk.wording import catalogue, said, say


def refusal_words(language: Language, formats: Formats, error: Exception) -> str:
    """Give the words of an error for a page."""
    words = str(error)
    if language == "en":
        return words
    key = getattr(error, "key", "")
    if key and f"refusal.key_{key}" in catalogue():
        return say(language, f"refusal.key_{key}", **_values(language, formats, getattr(error, "values", {})))
    kind = next((each.__name__ for each in type(error).__mro__ if _named(each)), None)
    return words if kind is None else say(language, f"refusal.kind_{kind}", words=words)


def _named(kind: type) -> bool:
    return f"refusal.kind_{kind.__name__}" in catalogue()


def _values(language: Language, formats: Formats, values: dict[str, object]) -> dict[str, object]:
    """Write times by the person's clock, and roles as they are called."""
    return {
        name.removesuffix("_ms"): formats.moment(value)
        if name.endswith("_ms") and isinstance(value, int)
        else said(language, "common.role", str(value))
        if name == "role"
        else value
        for name, value in values.items()
    }
