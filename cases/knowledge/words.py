"""The words by which an article is found, in any script, without an extension of the database.

Text of scripts that put no blanks between words is cut into every pair of neighbours, so that a search
for 冻结 finds 账户冻结. Of other scripts a word counts as it is written, whatever its case.
"""

import re
import unicodedata
from collections import Counter

# Han, Hiragana, Katakana and Hangul: one character says about as much as half a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUN = re.compile(f"([{_UNSPACED}]+)|([^\\W_{_UNSPACED}]+)")
# What every article has says nothing about any of them.
_EMPTY = frozenset(
    {"a", "an", "and", "are", "at", "be", "for", "in", "is", "it", "of", "on", "or", "the", "to"}
)
# A word of the title says more than one of the text; repeating a word does not help for ever.
_TITLE_WEIGHT = 5
_MOST_REPEATS = 3


def weighed(title: str, body: str) -> dict[str, int]:
    """Give every word of an article with how much it says."""
    of_body = Counter(_words(body, single=True))
    found = {word: min(count, _MOST_REPEATS) for word, count in of_body.items()}
    for word in set(_words(title, single=True)):
        found[word] = found.get(word, 0) + _TITLE_WEIGHT
    return found


def asked(text: str) -> tuple[str, ...]:
    """Give the words of a search, each once and in order."""
    return tuple(sorted(set(_words(text, single=False))))


def _words(text: str, *, single: bool) -> list[str]:
    """Give the words of a text; `single` gives the characters of a run as well as its pairs."""
    found: list[str] = []
    # NFKC writes full-width letters and compatibility characters the usual way.
    for run in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        if run[1]:
            found += [one + two for one, two in zip(run[1], run[1][1:], strict=False)]
            if single or len(run[1]) == 1:
                found += run[1]
        elif run[2] not in _EMPTY:
            found.append(run[2])
    return found
