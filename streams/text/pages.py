"""Pages made to be slow, cut down before the parser, whose time grows with the square of depth and attributes."""

import re

MAX_LENGTH = 1 << 21
_MAX_DEPTH, _MAX_TAG = 600, 4096
_SMALL, _FEW_TAGS = 1 << 16, 6000  # at these sizes the worst page costs the parser well under a second
_TAG = re.compile(r"""</?[A-Za-z](?:[^=>]+|=\s*"[^"]*(?:"|\Z)|=\s*'[^']*(?:'|\Z)|=)*+>?""")
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]*)")
_MARKUP = re.compile(r"<[^<>]*>")
_JSON_LD = "application/ld+json"
_NEVER_DEEP = frozenset(
    """area base br col embed hr img input link meta param source track wbr p li dt dd option tr td th thead tbody tfoot
    html head body""".split()  # noqa: SIM905
)


def split_scripts(html: str) -> tuple[str, list[str]]:
    """Return a page without scripts, styles and comments, and the JSON-LD it declares."""
    html, scripts = _cut(html[:MAX_LENGTH], "<script", "</script")
    html, _ = _cut(html, "<style", "</style")
    html, _ = _cut(html, "<!--", "--")
    declared = [script.partition(">")[2] for script in scripts if _JSON_LD in script[:_MAX_TAG].partition(">")[0]]
    return html, declared


def _cut(html: str, opening: str, closing: str) -> tuple[str, list[str]]:
    """Return the text outside of all stretches from `opening` to the next `>` after `closing`, and the stretches."""
    kept, cut, at = [], [], 0
    while (start := html.find(opening, at)) >= 0 and (end := html.find(closing, start + len(opening))) >= 0:
        kept.append(html[at:start])
        cut.append(html[start:end])
        at = html.find(">", end) + 1 or len(html)
    kept.append(html[at:])
    return "".join(kept), cut


def safe_html(html: str) -> str:
    """Return a page the parser reads in linear time: tags of few attributes, bounded depth."""
    if len(html) <= _SMALL and html.count("<") <= _FEW_TAGS:
        return html
    tags = _TAG.findall(html)
    if max(map(len, tags), default=0) > _MAX_TAG:
        html = _TAG.sub(_without_attributes, html)
    return _MARKUP.sub("\n", html) if len(tags) > _FEW_TAGS and _depth(tags) > _MAX_DEPTH else html


def _without_attributes(match: re.Match[str]) -> str:
    name = _NAME.match(match[0]) if len(match[0]) > _MAX_TAG else None
    return f"<{name[1]}>" if name else match[0]


def _depth(tags: list[str]) -> int:
    """Return how deep the elements nest at most, counting every element that is not closed."""
    open_by_name: dict[str, int] = {}
    depth = deepest = 0
    for tag in tags:
        found = _NAME.match(tag)
        name = found[1].lower() if found else ""
        if name in _NEVER_DEEP or tag.endswith("/>"):
            continue
        if tag[1] != "/":
            open_by_name[name] = open_by_name.get(name, 0) + 1
            depth += 1
        elif open_by_name.get(name):
            open_by_name[name] -= 1
            depth -= 1
        deepest = max(deepest, depth)
    return deepest
