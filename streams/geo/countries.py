"""Which countries an item is about: those of its places, and of its agencies and firms."""

from collections import defaultdict

from streams.document import Document
from streams.geo.cues import Institutions, told_at_all, told_by_lead
from streams.geo.focus import FIRM, LEAD, LEAD_SIGNS, Scored, Weighed
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import ADMIN1, COUNTRY, NameKind
from streams.geo.mentions import Reading
from streams.messages import CountryScore

# Least share of the first country's weight that another has, told in the headline, in the lead, or only later.
_LEAST_SHARES = (0.25, 0.5, 0.6)
_WEAK, _LEAST_WEIGHT = 0.2, 0.6
_REPEATED = 0.75  # power of a country's weight: what is said again counts less
_INSTITUTION, _MOST_INSTITUTIONS = 3.0, 2  # how much an institution counts, as much as a place in a headline
_FIRM_FOR_COUNTRY, _PART_FOR_COUNTRY = 0.25, 0.7
_SCENE_COUNTRY = 1.0
# Languages of one country: news in them about a small town means their own.
_HOME = {
    "be": "BY", "bg": "BG", "bn": "BD", "cs": "CZ", "da": "DK", "el": "GR", "et": "EE", "fi": "FI", "he": "IL",
    "hi": "IN", "hr": "HR", "hu": "HU", "hy": "AM", "id": "ID", "is": "IS", "it": "IT", "ja": "JP", "ka": "GE",
    "ko": "KR", "lt": "LT", "lv": "LV", "my": "MM", "no": "NO", "pl": "PL", "sk": "SK", "sl": "SI", "so": "SO",
    "sv": "SE", "th": "TH", "tr": "TR", "uk": "UA", "vi": "VN",
}  # fmt: skip
_LEAST_HOME = 0.5
_VOUCH, _VOUCH_OF_PART = 0.5, 0.25


def countries_of(
    places: list[Scored], focus: frozenset[int], reading: Reading, document: Document, gazetteer: Gazetteer
) -> tuple[CountryScore, ...]:
    """Return the countries by weight and by their share of the scene, best first; those far behind are left out.

    An item that hardly names any, or only in longer names, may have one by its words; that is a weak guess.
    """
    known = gazetteer.institutions.get(document.language) or gazetteer.institutions["*"]
    weights = _weights(places, _home_of(document.language, gazetteer.countries)) if places else {}
    unsure = max(weights.values(), default=0.0) < _LEAST_WEIGHT**_REPEATED
    guess = _guess(reading, known) if unsure or all(w.part for p in places for w in p.mentions) else ()
    if guess or not weights:
        return guess
    for code, count in told_by_lead(document, reading.words["hash"], known).items():
        country = gazetteer.countries.index(code)
        weights[country] = weights.get(country, 0.0) + _INSTITUTION * min(count, _MOST_INSTITUTIONS)
    return _ranked(weights, _least(places, len(document.title) + 1), _scene_shares(places, focus), gazetteer)


def _guess(reading: Reading, known: Institutions) -> tuple[CountryScore, ...]:
    country = told_at_all(reading.words["hash"].tolist(), known)
    return (CountryScore(country, _WEAK),) if country else ()


def _least(places: list[Scored], shift: int) -> dict[int, float]:
    """Return for each country the share it needs, by where it is first told."""
    first: dict[int, int] = {}
    for p in places:
        first[p.country] = min(first.get(p.country, p.mentions[0].mention.start), p.mentions[0].mention.start)
    return {
        country: _LEAST_SHARES[(start >= shift) + (start >= shift + LEAD_SIGNS)] for country, start in first.items()
    }


def _ranked(
    weights: dict[int, float], least: dict[int, float], lead: dict[int, float], gazetteer: Gazetteer
) -> tuple[CountryScore, ...]:
    top = max(weights.values())
    led = {
        country: weight * lead[country]
        for country, weight in weights.items()
        if weight >= least.get(country, _LEAST_SHARES[1]) * top
    }
    total = sum(led.values()) + sum(weight for country, weight in weights.items() if country not in led)
    ranked = sorted(led.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        CountryScore(gazetteer.countries[country], int(1000 * weight / total) / 1000) for country, weight in ranked
    )


def _weights(places: list[Scored], home: int) -> defaultdict[int, float]:
    """Return how much the mentions say for each country.

    A lone small town says little, it may be a namesake, unless it lies in the `home` of the document's language; other
    places of its country vouch for it, those that are but part of a name half as much.
    """
    weights: defaultdict[int, float] = defaultdict(float)
    vouched: defaultdict[int, float] = defaultdict(float)
    sure: list[tuple[Scored, float, float]] = []
    for p in places:
        if p.country:
            own = 1.0 if p.kind >= ADMIN1 else max(_sure(p.size), _LEAST_HOME * (p.country == home))
            vouch = own * (_VOUCH if any(not w.part for w in p.mentions) else _VOUCH_OF_PART)
            vouched[p.country] += vouch
            sure.append((p, own, vouch))
    for p, own, vouch in sure:
        trust = own if own == 1 else min(1.0, own + vouched[p.country] - vouch)
        weights[p.country] += trust * sum([_share(w) for w in p.mentions])
    for country, weight in weights.items():
        weights[country] = weight**_REPEATED
    return weights


def _scene_shares(places: list[Scored], focus: frozenset[int]) -> dict[int, float]:
    """Return for each country 1, and up to twice that by its share of a violent scene: it leads who only takes part."""
    scene = [p for p in places if p.place in focus and p.kind != COUNTRY and p.country]
    total = sum(p.weight for p in scene)
    scene = [p for p in scene if any(w.violent and w.weight >= LEAD for w in p.mentions)]
    shares: dict[int, float] = defaultdict(lambda: 1.0)
    for p in scene:
        shares[p.country] += _SCENE_COUNTRY * p.weight / total
    return shares


def _home_of(language: str, countries: tuple[str, ...]) -> int:
    """Return the number of the one country that a language is mainly written in; -1 where there are several."""
    code = _HOME.get(language, "")
    return countries.index(code) if code in countries and code else -1


def _sure(size: float) -> float:
    """Return the trust in a town nothing else speaks for: 0.15 up to 1,000 inhabitants, 1 from 300,000 on."""
    return min(1.0, max(0.15, (size - 3.0) / 2.5))


def _share(w: Weighed) -> float:
    if w.part:
        return _FIRM_FOR_COUNTRY if w.weight == FIRM else _PART_FOR_COUNTRY
    if w.government:
        return 0.6
    if w.mention.form == NameKind.DEMONYM:
        return 0.5 + 0.5 * w.weight
    return 0.6 + 0.5 * w.weight
