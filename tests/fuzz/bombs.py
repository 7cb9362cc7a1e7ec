"""Inputs of one mebibyte made to be slow, for each reader of strangers' input: the worst that is known of each kind.

`python tests/fuzz/bombs.py [TARGET…]` shows how long each takes (processor time), the slowest first. Most are patterns
of bombs.tsv.
"""

import contextlib
import json
import re
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

MIB = 1 << 20
SENTENCE = "Shells hit two villages north of Kalvo early on Monday, the mayor said, and wounded four farm workers."
_TABLE = Path(__file__).with_name("bombs.tsv")
_REPEATED = re.compile("⟪([^⟪⟫]*)×([0-9]+)⟫")
_FILLED = re.compile("⟪([^⟪⟫]*)⟫")
_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|U[0-9a-f]{8}|[ntr\\])")
_TAGS = """
a abbr address article b blockquote body br button center code dd div dl dt em fieldset font
form frameset h1 h2 head html i iframe image img input li link main marquee math menu meta
nobr noscript object ol option p param plaintext pre ruby s script section select small span strike strong
style sub summary sup svg table tbody td template textarea th title tr tt u ul video xmp
""".split()  # noqa: SIM905
_MEASURED = "raw html url clean language fold fingerprint text query rules terminal enrich".split()  # noqa: SIM905
_STARTS = ("http://a/", "http://a/?", "http://a/#!", "http://", "//", "")
_PARTS = (
    "%41", "%zz", "a/", "../", "./", "?a=1&", "&amp;", "a.", "@", ":", "[", ";sid=1", "é", "\u200b", " ", "#", "=",
    "xn--a.", "www.", "amp/",
)  # fmt: skip
_KEYS = ("conflict", "country", "language", "source", "status", "min_score", "q", "place", "radius", "x")
_VALUES = ("a", "a,", ",", "1", "%41", "&q=a", "&", "=", "é", "-", "sudan-", " ", "+", "\u0301", "99999999999.")


def size(text: str) -> int:
    """Return how many bytes a text has."""
    return len(text.encode("utf-8", "surrogatepass"))


def filled(token: str, room: int = MIB) -> str:
    """Return a token again and again, up to a size in bytes; `№` in it is the number of the repetition."""
    if "№" not in token:
        return token * (room // size(token))
    sized = room // size(token)
    while size(made := "".join(token.replace("№", str(number)) for number in range(sized))) > room:
        sized = int(sized * room / size(made)) - 1
    return made


def spelled(pattern: str) -> str:
    """Return the text that a pattern of the table stands for."""
    text = pattern.replace("¶", SENTENCE)
    while found := _REPEATED.search(text):
        made = "".join(found[1].replace("№", str(number)) for number in range(int(found[2])))
        text = text[: found.start()] + made + text[found.end() :]
    text = _ESCAPE.sub(lambda escape: escape[0].encode().decode("unicode_escape"), text)
    if found := _FILLED.search(text):
        before, after = text[: found.start()], text[found.end() :]
        text = before + filled(found[1], MIB - size(before) - size(after)) + after
    return text


@cache
def table(reader: str) -> dict[str, str]:
    """Return the inputs of the table for a reader by name."""
    rows = [line.split("\t") for line in _TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    return {name: spelled(pattern) for kind, name, pattern in rows if kind == reader}


@cache
def _pages() -> dict[str, str]:
    forms = ("<{0}>", "<{0}>x", "<{0}></{0}>", "</{0}>")
    return {form.format(tag): filled(form.format(tag)) for form in forms for tag in _TAGS} | table("html")


@cache
def _towns(country: str = "") -> list[str]:
    """Return names of places, each one word, the shortest first."""
    from streams import geo

    gazetteer = geo.load()
    places = (gazetteer.described(number).place for number in range(0, len(gazetteer.lat), 3))
    names = {place.name for place in places if not country or place.country == country}
    return sorted((name for name in names if name.isalpha() and name.isascii()), key=lambda name: (len(name), name))


def _terms() -> list[str]:
    """Return what the registry looks for."""
    words: set[str] = set()
    for file in sorted((ROOT / "streams" / "conflict").glob("*/*.toml")):
        tomllib.loads(text := file.read_text("utf-8"))
        words.update(re.findall(r'"((?:[^"\\]|\\.)*)"', text))
    return sorted(words)


@cache
def _texts() -> dict[str, str]:
    towns, terms = _towns(), _terms()
    mixed = [f"{term} {town}" for term, town in zip(terms, towns, strict=False)]
    lists = {
        "towns": [" ", *towns], "towns in rows": [", ", *towns], "towns of lines": ["\n", *towns],
        "towns of one country": [" x ", *_towns("DE")], "towns in sentences": [". ", *towns],
        "towns in others": [" in ", *towns], "terms": [" ", *terms], "capital terms": [" ", *map(str.title, terms)],
        "terms and towns": [" ", *mixed], **{f"towns, part {n}": [" ", *towns[n * 5000 :]] for n in range(3)},
    }  # fmt: skip
    return table("text") | {name: filled(sign.join(words) + sign) for name, (sign, *words) in lists.items()}


def _addresses() -> dict[str, str]:
    found = {f"{start}{part}": start + filled(part, MIB - 20) for start in _STARTS for part in _PARTS}
    short = {f"{name}, short": address[:8192] for name, address in found.items()}
    caches = {"caches": filled("https://www.google.com/amp/s/"), "caches, short": filled("//a.ampproject.org/c/", 8000)}
    return found | short | caches


def _queries() -> dict[str, str]:
    found = {f"{key}={value}": f"{key}=" + filled(value, MIB - 20) for key in _KEYS for value in _VALUES}
    return found | {"keys": filled("k№=1&"), "both": "place=1,1&radius=" + filled("1", MIB - 20)}


def _items(field: str, texts: dict[str, str]) -> dict[str, bytes]:
    """Return texts as items with them in a field, as much of each as an item may hold."""
    items = {}
    for name, text in texts.items():
        value = {"title": SENTENCE, field: text}
        while (left := MIB - len(made := json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))) < 0:
            value[field] = value[field][: int(len(value[field]) * MIB / (MIB - left * 1.02))]
        items[f"{field}: {name}"] = made
    return items


def _encoded(texts: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode("utf-8", "replace")[:MIB] for name, text in texts.items()}


@cache
def bombs(target: str) -> dict[str, bytes]:
    """Return the inputs for a target by name; those it shares with others among them."""
    match target:
        case "raw":
            return _encoded(table("raw")) | {"not UTF-8": b'{"title":"' + b"x" * (MIB - 20) + b"\xff"}
        case "html":
            return _encoded(_pages())
        case "url":
            return _encoded(_addresses())
        case "query":
            return _encoded(_queries())
        case "rules":
            return _encoded(table("rules"))
        case "enrich":
            return _items("html", _pages()) | _items("text", _texts()) | _items("title", _texts()) | bombs("raw")
        case "clean" | "language" | "fold" | "fingerprint" | "text" | "terminal":
            return _encoded(_texts())
        case _:
            return {}


def slowness() -> float:
    """Return how much slower this machine is now than the one on which limits of time are meant, at least 1.

    A loop that takes that one 25 ms is timed.
    """
    began = time.process_time()
    sum(range(2_000_000))
    return max(1.0, (time.process_time() - began) / 0.025)


def seconds(read: Callable[[bytes], object], allowed: tuple[type[Exception], ...], data: bytes) -> float:
    """Return the processor time that a reader takes for an input."""
    began = time.process_time()
    with contextlib.suppress(*allowed):
        read(data)
    return time.process_time() - began


def measured(target: str) -> Iterator[tuple[float, str]]:
    """Yield the seconds that a target takes for each of its inputs, the better of two tries, and the name of that."""
    from targets import TARGETS

    for name, data in bombs(target).items():
        yield min(seconds(*TARGETS[target], data) for _ in range(2)), name


def main(targets: list[str], show: Callable[[str], object] = print) -> None:
    """Measure targets, all by default, and show the slowest inputs of each."""
    for target in targets or _MEASURED:
        found = sorted(measured(target), reverse=True)
        show(f"{target}: {len(found)} inputs")
        for took, name in found[:12]:
            show(f"    {took * 1000:7.0f} ms  {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
