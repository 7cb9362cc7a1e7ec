"""The words pages put around articles: loaded from `boilerplate.tsv`, matched on single lines."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from streams.errors import ConfigError

_PATH = Path(__file__).with_name("boilerplate.tsv")
_KINDS = ("menu", "aside", "more", "photo", "agency")
_EDGES = " \t.,:;!?…·•|/\\<>«»‹›►▶▸→←↓↑✕×+*#~=_-–—\"'“”„‘’()[]{}（）【】「」《》：！？。、"
_EDGES_BUT_ELLIPSIS = _EDGES.replace("…", "")
_MAX_ASIDE, _MAX_MENU, _MAX_CREDIT = 160, 80, 300
_MAX_BRACKET = 200
_BRACKET = re.compile(r"[(\[（]([^()\[\]（）]*)[)\]）]$")
_PIECES = re.compile(r"[\s|•·/,>»]+")


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """The phrases, case-folded; `asides` by their first two letters, `endings` by their last two."""

    menu: frozenset[str]
    more: frozenset[str]
    asides: dict[str, tuple[str, ...]]
    endings: dict[str, tuple[str, ...]]
    taken_by: re.Pattern[str]
    photo: re.Pattern[str]

    def is_menu(self, line: str) -> bool:
        """Say whether a line holds nothing but menu words, alone or in a row."""
        if len(line) > _MAX_MENU:
            return False
        bare = line.strip(_EDGES).casefold()
        return not bare or bare in self.menu or bare in self.more or self._all_menu(bare)

    def is_aside(self, line: str) -> bool:
        """Say whether a short line points elsewhere (read also, follow us, cookies) or credits a picture."""
        if len(line) > _MAX_ASIDE:
            return False
        bare = line.lstrip(_EDGES)
        phrases = self.asides.get(bare[:2].casefold(), ())
        if phrases and (folded := bare.casefold()).startswith(phrases) and any(_begins(folded, one) for one in phrases):
            return True
        return len(bare) <= _MAX_MENU and bare.rstrip(_EDGES).casefold() in self.more

    def is_credit(self, line: str) -> bool:
        """Say whether a line is the caption or the credit of a picture: it ends with who took it."""
        if len(line) > _MAX_CREDIT or line[-1] in ".!?。":
            return False
        if line[0] in "©ⓒ":
            return True
        cut = self.credit_start(line)
        if cut < len(line):
            return not (cut > _MAX_ASIDE and line[:cut].rstrip()[-1:] in ".!?。")
        return self.taken_by.search(line, max(0, len(line) - 100)) is not None

    def credit_start(self, line: str) -> int:
        """Return where a picture credit in brackets at the end of a line begins, or the length of the line."""
        if line[-1] not in ")]）":
            return len(line)
        found = _BRACKET.search(line, max(0, len(line) - _MAX_BRACKET))
        return found.start() if found and self.photo.match(_caseless(found[1])) else len(line)

    def without_more(self, line: str) -> str:
        """Return a line without a `read more` that follows its last sentence."""
        bare = line.rstrip(_EDGES_BUT_ELLIPSIS)
        for phrase in self.endings.get(bare[-2:].casefold(), ()):
            rest = bare[: -len(phrase)].rstrip()
            if bare[-len(phrase) :].casefold() == phrase and rest and rest[-1] in ".!?…。»”\"'】|)":
                return rest
        return line

    def _all_menu(self, bare: str) -> bool:
        if (first := _PIECES.split(bare, 1)[0]) and first not in self.menu:  # as of nearly every line
            return False
        return all(piece in self.menu for piece in _PIECES.split(bare) if piece)


@cache
def load() -> Boilerplate:
    """Read the table; raise ConfigError with file and line when a row is malformed."""
    phrases: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    for number, line in enumerate(_PATH.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 3 or columns[1] not in phrases:
            raise ConfigError(f"{_PATH.name}:{number}: expected language, kind ({', '.join(_KINDS)}) and phrases")
        phrases[columns[1]].update(phrase.strip() for phrase in columns[2].split(" | "))
    more = {phrase.strip(_EDGES).casefold() for phrase in phrases["more"]}
    return Boilerplate(
        menu=frozenset(phrase.strip(_EDGES).casefold() for phrase in phrases["menu"]),
        more=frozenset(more),
        asides=_grouped({phrase.casefold() for phrase in phrases["aside"]}, slice(0, 2)),
        endings=_grouped(more, slice(-2, None)),
        taken_by=re.compile(rf"[/|©](?: ?\w[\w .-]{{0,30}}[/|©])? ?(?:{_any(phrases['agency'])})(?!\w)[^.!?]{{0,40}}$"),
        photo=re.compile(rf".{{0,150}}?(?:{_any({_caseless(phrase) for phrase in phrases['photo']})}).{{0,150}}$"),
    )


def _begins(line: str, phrase: str) -> bool:
    """Say whether a line begins with a phrase and not with a longer word."""
    return line.startswith(phrase) and not (
        phrase[-1].isalpha() and phrase[-1] < "\u2e80" and line[len(phrase) :][:1].isalpha()
    )


def _grouped(phrases: set[str], key: slice) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)):
        groups[phrase[key]].append(phrase)
    return {key: tuple(group) for key, group in groups.items()}


def _caseless(text: str) -> str:
    """Return a text in one case; a Turkish I, with or without dot, is an i."""
    return text.replace("İ", "i").replace("ı", "i").casefold()


def _any(phrases: set[str]) -> str:
    # Short Latin words match as words only, or `ap` would be found in `map`.
    words: list[str] = []
    others: list[str] = []
    for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)):
        (words if phrase[0].isalpha() and phrase[0] < "\u2e80" else others).append(re.escape(phrase))
    return "|".join(([rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"] if words else []) + others)
