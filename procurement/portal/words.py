"""Words of a text as they are searched for. Pure.

Latin letters and digits make words as everywhere, without case and accents. Chinese is written without spaces, so
each character and each pair of neighbours is a word: a query of two or more characters asks for its pairs. That finds
every text in which they stand side by side, without a dictionary that would have to know each village.
"""

import re
import unicodedata
from collections.abc import Iterator

MOST = 12
"""Words of a query that count; nobody types more, and each costs a look-up."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_CHINESE = re.compile(rf"[{_HAN}]")


def _runs(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    yield from _RUN.findall(unicodedata.normalize("NFC", plain))


def words_in(text: str) -> list[str]:
    """Every word under which `text` is found, in order, repeated as often as it stands there."""
    found: list[str] = []
    for run in _runs(text):
        if _CHINESE.match(run):
            found += run
            found += _pairs(run)
        else:
            found.append(run[:64])
    return found


def words_asked(query: str) -> list[str]:
    """The words that a text must all have to be an answer to `query`, each once, at most MOST."""
    found: list[str] = []
    for run in _runs(query):
        found += (_pairs(run) or [run]) if _CHINESE.match(run) else [run[:64]]
    return list(dict.fromkeys(found))[:MOST]


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]
