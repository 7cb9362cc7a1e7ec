"""Pages made to be slow, cut down before the parser, whose time grows with the square of depth and attributes."""

import re
from collections import defaultdict
from html import unescape

MAX_LENGTH = 1 << 21
# Of 181 saved pages the worst has 3,053 tags, depth 49 and 3 elements of formatting that stay open.
_MAX_TAGS, _MAX_DEPTH, _MAX_OPEN = 6000, 200, 30
_MAX_TAG, _LONG_TAG, _MAX_ATTRIBUTES = 4096, 160, 40  # the parser's time grows with the square of the last
_MAX_STRIPPED = 100_000  # tags that are taken out of a page whose article lies behind the first _MAX_TAGS
_SMALL, _FEW_TAGS = 1 << 16, 500  # such a page is read as it is
_TAG = re.compile(r"""</?[A-Za-z](?:[^=>]+|=\s*"[^"]*(?:"|\Z)|=\s*'[^']*(?:'|\Z)|=)*+>?""")
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]*)")
_VALUE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
_MARKUP = re.compile(r"<[^<>]*>")
_MAX_DECLARED = 200_000  # characters of JSON-LD, with the text of the article in it
_JSON_LD = "application/ld+json"
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())  # noqa: SIM905
_NEVER_DEEP = frozenset(
    """area base br col embed hr img input link meta param source track wbr p li dt dd option tr td th thead tbody tfoot
    html head body""".split()  # noqa: SIM905
)


def split_scripts(html: str) -> tuple[str, list[str]]:
    """Return a page without scripts, styles and comments, and the JSON-LD it declares."""
    html, scripts = _cut(html[:MAX_LENGTH], "<script", "</script")
    html, _ = _cut(html, "<style", "</style")
    html, _ = _cut(html, "<!--", "--")
    declared = (script.partition(">")[2] for script in scripts if _JSON_LD in script[:_MAX_TAG].partition(">")[0])
    left, kept = _MAX_DECLARED, []
    for text in declared:
        left -= len(text)
        kept += [text] if left >= 0 else []
    return html, kept


def _cut(html: str, opening: str, closing: str) -> tuple[str, list[str]]:
    """Return the text outside of all stretches from `opening` to the next `>` after `closing`, and the stretches."""
    kept: list[str] = []
    cut: list[str] = []
    at = 0
    while len(cut) < _MAX_TAGS and (start := html.find(opening, at)) >= 0:
        if (end := html.find(closing, start + len(opening))) < 0:
            break
        kept.append(html[at:start])
        cut.append(html[start:end])
        at = html.find(">", end) + 1 or len(html)
    kept.append(html[at:])
    return "".join(kept), cut


def safe_html(html: str) -> str:
    """Return a page the parser reads in linear time: so many tags, of few attributes, bounded depth."""
    if len(html) <= _SMALL and html.count("<") <= _FEW_TAGS:
        return html
    parts = html.split("<", _MAX_TAGS + 1)
    if len(parts) > _MAX_TAGS + 1:
        html = html[: -len(parts[-1]) - 1]
    tags = _TAG.findall(html)
    if any(map(_is_bloated, tags)):
        html = _TAG.sub(_without_attributes, html)
    return _MARKUP.sub("\n", html) if len(tags) > _MAX_OPEN and _too_deep(tags) else html


def bare_text(html: str) -> str:
    """Return what a page with too many tags says, menus and all; nothing of one with so many that this takes long."""
    if not _MAX_TAGS < html.count("<") <= _MAX_STRIPPED:
        return ""
    return " ".join(unescape(_MARKUP.sub(" ", html)).split())


def _is_bloated(tag: str) -> bool:
    if len(tag) <= _LONG_TAG:
        return False
    if len(tag) > _MAX_TAG or tag.count("=") > _MAX_ATTRIBUTES:
        return True
    return len(_VALUE.sub(" ", tag).replace("/", " ").split()) > _MAX_ATTRIBUTES


def _without_attributes(match: re.Match[str]) -> str:
    name = _NAME.match(match[0]) if _is_bloated(match[0]) else None
    return f"<{name[1]}>" if name else match[0]


def _too_deep(tags: list[str]) -> bool:
    """Say whether elements nest too deeply, counting every element that is not closed.

    Those of formatting count more: the parser opens them anew in every block.
    """
    open_by_name: defaultdict[str, int] = defaultdict(int)
    depth = formats = 0
    for tag in tags:
        found = _NAME.match(tag)
        name = found[1].lower() if found else ""
        if name in _NEVER_DEEP or tag.endswith("/>"):
            continue
        step = 1 if tag[1] != "/" else -1 if open_by_name[name] else 0
        open_by_name[name] += step
        depth += step
        formats += step * (name in _FORMATTING)
        if depth > _MAX_DEPTH or formats > _MAX_OPEN:
            return True
    return False
