"""Articles out of web pages: title, text and what the page says of itself."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from streams.text.metadata import Metadata, read_metadata
from streams.text.pages import bare_text, safe_html, split_scripts

_BLOCKS = frozenset(
    """address article blockquote body caption dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr
    li main ol p pre section summary table tbody td tfoot th thead tr ul center""".split()  # noqa: SIM905
)
_SKIPPED = frozenset(
    """script style noscript template nav aside footer form iframe svg button select option input textarea label figure
    figcaption picture video audio object embed canvas dialog menu map head h1 time""".split()  # noqa: SIM905
)
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
# What a class or an id calls the parts that are no article. Word boundaries matter: `share` is not `shareholder`.
_JUNK = re.compile(
    r"(?:^|[\s_-]|(?<=[a-z])(?=[A-Z]))(?:nav|navbar|navigation|menu|breadcrumbs?|sidebar|side-bar|footer|foot|masthead|"
    r"shar(?:e|ing)|social|follow|related|recommend(?:ed|ations?)?|more-(?:on|from|stories|news|articles)|read-?(?:more|next|also)|"
    r"trending|popular|most-?read|promo|promoted|sponsor(?:ed)?|advert(?:isement|orial)?|ads?|adslot|ad-unit|banner|"
    r"newsletter|subscri(?:be|ption)|sign-?up|paywall|cookies?|consent|gdpr|comments?|comment-?list|disqus|respond|"
    r"byline|author(?:-?(?:bio|info|box|name|card))?|dateline|timestamp|publish(?:ed)?-?date|meta|post-?meta|entry-?meta|tags?|taglist|"
    r"tag-?cloud|topics|caption|credits?|copyright|gallery|slideshow|carousel|(?:text)?widgets?|popup|modal|overlay|"
    r"toolbar|tools|pagination|pager|print|hidden|visually-?hidden|sr-only|screen-reader-text|outbrain|taboola|teasers?|"
    r"disclaimer|toc|infobox|navbox|reflist|references|mw-editsection|rating|poll|quiz|login|search|skip)(?![a-z])",
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MAX_CLASS = 200
_LONG = 60  # a block this long, with few links, is taken for a paragraph
_LINKED = 0.4
_SHARE = 0.7  # the article's element holds so much of the long paragraphs
_JUNK_SHARE = 0.4  # what holds more of the text is the article, whatever its class says
# Bounds that no article comes near to: of 181 saved pages the largest has 3,053 tags.
_MAX_NODES, _MAX_HEAVY, _MOST_TEXT = 20_000, 4, 1 << 22
_WHOLE = frozenset(("p", "blockquote", "pre"))
_TEXT_ELEMENTS = "p, blockquote, pre, div:has(> br), td:has(> br), article:has(> br), section:has(> br)"
_ANY_ELEMENT = "div:not(:has(> br)), td:not(:has(> br)), section, span, li, h2, h3"
_SHORT_ARTICLE = 500
_INVISIBLE = "script, style, noscript, template, svg, iframe, head"


@dataclass(frozen=True, slots=True)
class Page:
    """An article as its web page gives it; `text` has one paragraph a line, the time is unparsed."""

    title: str
    text: str
    language: str | None = None
    url: str | None = None
    published_at: str | None = None


@dataclass(slots=True)
class _Block:
    tag: str
    text: str
    linked: float

    @property
    def is_long(self) -> bool:
        return len(self.text) >= _LONG and self.linked < _LINKED and self.tag not in _HEADINGS


def extract(html: str) -> Page:
    """Return the main article of a page; what the page does not give is empty or None. Never raises.

    A page of 1 MiB takes less than 50 ms, also one that is made to be slow: of what has more tags, or is nested more
    deeply, than any article, not all is read.
    """
    markup, declared = split_scripts(html)
    tree = LexborHTMLParser(safe_html(markup))
    found = read_metadata(tree, declared)
    blocks = _article_blocks(tree)
    text = "\n".join(block.text for block in blocks)
    text = _better_text(text, found) or bare_text(markup)
    return Page(found.title, text, found.language, found.url, found.published_at)


def _better_text(text: str, found: Metadata) -> str:
    """Prefer the body the page declares where the visible article is but a small part of it."""
    return found.body if len(found.body) > 2 * len(text) else text


def _article_blocks(tree: LexborHTMLParser) -> list[_Block]:
    for node in tree.css(_INVISIBLE):
        node.decompose()
    root = _article_element(tree)
    if root is None:
        return []
    blocks = _blocks(root)
    long = [index for index, block in enumerate(blocks) if block.is_long]
    if not long:
        plain = [block for block in blocks if block.linked < _LINKED and block.tag not in _HEADINGS]
        # A fragment, as feeds send them, is all article, were it one link.
        return plain or (blocks if sum(len(block.text) for block in blocks) < _SHORT_ARTICLE else [])
    kept = [
        block
        for block in blocks[long[0] :]
        if block.linked < _LINKED or (block.linked < 2 * _LINKED and len(block.text) > 2 * _LONG)
    ]
    while kept and kept[-1].tag in _HEADINGS:
        kept.pop()
    return kept


def _article_element(tree: LexborHTMLParser) -> LexborNode | None:
    """Return the deepest element that holds most of the long paragraphs outside of navigation and the like."""
    body = tree.body
    if body is None:
        return None
    sizes = _sizes(tree, _TEXT_ELEMENTS)
    if sum(size for _, size in sizes) < _SHORT_ARTICLE:
        sizes += _sizes(tree, _ANY_ELEMENT)
    around = _ancestry(sizes)
    inside = _inside(sizes, around)
    limit = _JUNK_SHARE * sum(size for _, size in sizes)
    junk = {0: False}
    for key, (element, outer) in around.items():
        junk[key] = junk[outer] or (inside[key] < limit and _is_junk(element))
    inside = _inside([(parent, size) for parent, size in sizes if not junk.get(parent.mem_id)], around)
    total = inside[body.mem_id]
    best = body
    while total >= 3 * _LONG:
        deeper = _heaviest_child(best, inside)
        if deeper is None or inside[deeper.mem_id] < _SHARE * total:
            break
        best = deeper
    return best


def _sizes(tree: LexborHTMLParser, selector: str) -> list[tuple[LexborNode, int]]:
    """Return what is around the elements with long texts of their own, and how long; other blocks in them count not."""
    sizes, left = [], _MOST_TEXT
    for node in tree.css(selector):
        size = len(node.text(deep=node.tag in _WHOLE))
        if (left := left - size) < 0:
            break
        if size >= _LONG and (parent := node.parent) is not None:
            sizes.append((parent, size))
    return sizes


def _ancestry(sizes: list[tuple[LexborNode, int]]) -> dict[int, tuple[LexborNode, int]]:
    """Return elements and those around them, up to the body: by number, outer ones first, with the number around."""
    found: dict[int, tuple[LexborNode, int]] = {}
    for element, _ in sizes:
        path: list[LexborNode] = []
        outer: LexborNode | None = element
        while outer is not None and outer.mem_id not in found and outer.tag != "html":
            path.append(outer)
            outer = outer.parent
        around = outer.mem_id if outer is not None and outer.mem_id in found else 0
        for one in reversed(path):
            found[one.mem_id] = one, around
            around = one.mem_id
    return found


def _inside(sizes: list[tuple[LexborNode, int]], around: dict[int, tuple[LexborNode, int]]) -> defaultdict[int, int]:
    """Return how much long text the elements hold, by number."""
    inside: defaultdict[int, int] = defaultdict(int)
    for parent, size in sizes:
        inside[parent.mem_id] += size
    for key, (_, outer) in reversed(around.items()):
        inside[outer] += inside[key]
    return inside


def _heaviest_child(node: LexborNode, inside: Mapping[int, int]) -> LexborNode | None:
    best, child = None, node.child
    while child is not None:
        if child.mem_id in inside and (best is None or inside[child.mem_id] > inside[best.mem_id]):
            best = child
        child = child.next
    return best


def _is_junk(node: LexborNode) -> bool:
    if node.tag in _SKIPPED:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    if (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or _HIDDEN.search(attributes.get("style") or "", 0, _MAX_CLASS)
    ):
        return True
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:_MAX_CLASS]
    return _JUNK.search(names) is not None and "article-body" not in names and "articleBody" not in names


def _blocks(root: LexborNode) -> list[_Block]:
    """Return the blocks of text under an element in reading order, without those that are no part of an article."""
    blocks: list[_Block] = []
    parts: list[str] = []
    linked = 0
    limit = _JUNK_SHARE * len(root.text())
    tags = [root.tag or ""]
    stack: list[LexborNode | str] = [root]

    def flush() -> None:
        nonlocal linked
        text = " ".join("".join(parts).split())
        if text:
            blocks.append(_Block(tags[-1], text, linked / len(text)))
        parts.clear()
        linked = 0

    links = heavy = 0
    left = _MAX_NODES
    while stack and left:
        node = stack.pop()
        left -= 1
        if isinstance(node, str):
            if node == "a":
                links -= 1
            else:
                flush()
                tags.pop()
            continue
        if node.is_text_node:
            text = node.text_content or ""
            parts.append(text)
            linked += len(text) if links else 0
            continue
        tag = node.tag or ""
        if tag == "br":
            flush()
        if not node.is_element_node:
            continue
        if _is_junk(node):
            if heavy == _MAX_HEAVY or len(node.text()) <= limit:
                continue
            heavy += 1
        if tag in _BLOCKS:
            flush()
            tags.append(tag)
            stack.append(tag)
        elif tag == "a":
            links += 1
            stack.append("a")
        child = node.last_child
        while child is not None:
            stack.append(child)
            child = child.prev
    flush()
    return blocks
