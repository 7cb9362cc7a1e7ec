"""The spellings a term of a data file stands for: clitics, open endings, padding for word boundaries."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from streams.conflict.model import Case

# Thai and Lao, Burmese, Khmer, kana, Han: scripts written without spaces between words.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_ARTICLE: Final = "ال"
_ARABIC: Final = ("", "و", "ب", "ل", "ف", "ك", "وب", "ول")
_ARABIC_ARTICLES: Final = ("ال", "وال", "بال", "فال", "كال", "لل", "ولل")
_ARABIC_WITH_ARTICLE: Final = ("", "و", "ب", "ف", "ك", "وب")
_CLITICS: Final = {
    "he": ("", "ו", "ה", "ב", "ל", "מ", "ש", "כ", "וה", "וב", "ול", "ומ", "שה", "שב", "מה", "כש"),
    "am": ("", "የ", "በ", "ለ", "ከ", "ስለ", "እና", "የእነ"),
    "ti": ("", "ናይ", "ብ", "ን", "ካብ", "ኣብ"),
}
_SUFFIXED: Final = frozenset(("bn",))  # languages whose names take endings in nearly every sentence
MAX_ENDING: Final = 6
SHORT: Final = 8
SHORTEST: Final = 4


@dataclass(frozen=True, slots=True)
class Term:
    """A term as the data file has it: folded, its marks `*` (any ending) and `!` (number of them), its case."""

    text: str
    open_ended: bool
    marks: int
    case: Case

    @property
    def ambiguous(self) -> bool:
        """Whether the word is so short that in other languages of its script it may be a common word."""
        short = len(self.text) <= SHORTEST and self.text.isascii() and self.text.isalpha()
        return short and (self.marks < 2 or self.case == "any")


def parse_term(source: str, language: str, fold_name: Callable[[str], str]) -> Term:
    """Read one term; `|` in it stands for a comma or full stop with its space.

    All in capitals, of at most eight letters, it matches capitals only. A word of at most eight that begins
    with a capital matches only with that capital, since names as short as that are common words elsewhere.
    """
    bare = source.strip()
    marks = len(bare) - len(bare.rstrip("!"))
    bare = bare.rstrip("!")
    open_ended = bare.endswith("*")
    bare = bare.rstrip("*")
    open_ended = open_ended or language in _SUFFIXED
    case: Case = "any"
    if len(bare) <= SHORT and bare.isupper() and not open_ended:
        case = "all"
    elif len(bare) <= (SHORT if marks < 2 else SHORTEST) and bare[:1].isupper():
        case = "name" if len(bare) <= SHORTEST and marks < 2 and not bare.isupper() else "initial"
    return Term("  ".join(fold_name(part) for part in bare.split("|")), open_ended, marks, case)


def unspaced(text: str) -> bool:
    """Tell whether the text is in a script that puts no spaces between words."""
    return _UNSPACED.search(text) is not None


def spellings(text: str, language: str, name: bool) -> Iterator[str]:
    """Yield the folded text with every prefix its language writes together with the word; names take no article."""
    if language == "ar" and text.startswith(_ARTICLE):
        yield from (prefix + text for prefix in _ARABIC_WITH_ARTICLE)
        yield "لل" + text[2:]
    elif language == "ar":
        yield from (prefix + text for prefix in (_ARABIC if name else (*_ARABIC, *_ARABIC_ARTICLES)))
    else:
        yield from (prefix + text for prefix in _CLITICS.get(language, ("",)))
