"""Articles out of web pages: title, text and what the page says of itself."""

import re
from collections import defaultdict
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from streams.text.metadata import Metadata, read_metadata
from streams.text.pages import safe_html, split_scripts

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

    Time is linear in the size of the page, also for pages that are made to be slow (depth, attributes).
    """
    markup, declared = split_scripts(html)
    tree = LexborHTMLParser(safe_html(markup))
    found = read_metadata(tree, declared)
    blocks = _article_blocks(tree)
    text = "\n".join(block.text for block in blocks)
    return Page(found.title, _better_text(text, found), found.language, found.url, found.published_at)


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
    limit = _JUNK_SHARE * sum(size for _, size in sizes)
    inside: dict[int, int] = defaultdict(int)
    for node, size in sizes:
        for ancestor in _ancestors(node):
            inside[ancestor.mem_id] += size
    junk: dict[int, bool] = {}
    for node, size in sizes:
        around = _ancestors(node)
        for ancestor in around:
            key = ancestor.mem_id
            if key not in junk:
                junk[key] = inside[key] < limit and _is_junk(ancestor)
        if any(junk[ancestor.mem_id] for ancestor in around):
            for ancestor in around:
                inside[ancestor.mem_id] -= size
    total = inside[body.mem_id]
    best = body
    while total >= 3 * _LONG:
        deeper = _heaviest_child(best, inside)
        if deeper is None or inside[deeper.mem_id] < _SHARE * total:
            break
        best = deeper
    return best


def _sizes(tree: LexborHTMLParser, selector: str) -> list[tuple[LexborNode, int]]:
    """Return the elements with long texts of their own; elements of other blocks count without those."""
    sizes = ((node, len(node.text(deep=node.tag in _WHOLE))) for node in tree.css(selector))
    return [(node, size) for node, size in sizes if size >= _LONG]


def _ancestors(node: LexborNode) -> list[LexborNode]:
    """Return the elements around a node, inmost first, up to the body."""
    path = []
    parent = node.parent
    while parent is not None and parent.tag != "html":
        path.append(parent)
        parent = parent.parent
    return path


def _heaviest_child(node: LexborNode, inside: dict[int, int]) -> LexborNode | None:
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
        or _HIDDEN.search(attributes.get("style") or "")
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

    links = 0
    while stack:
        node = stack.pop()
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
        if not node.is_element_node or (_is_junk(node) and len(node.text()) <= limit):
            continue
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
