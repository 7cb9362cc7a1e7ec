"""Why a name was taken for the place it was: every candidate with what each pass said for it."""

from dataclasses import dataclass

from streams.document import Document
from streams.geo.candidates import Candidates, Reals
from streams.geo.gazetteer import Gazetteer
from streams.geo.kinds import KINDS, NameKind
from streams.geo.resolve import settled

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place a name may mean, with the score of each pass; `form` is what the name is to the place."""

    name: str
    kind: str
    country: str | None
    form: str
    score: float
    passes: dict[str, float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A name of the document: where it stands, how far it is trusted to be a place, its candidates, best first.

    `decided` is the pass that put the first candidate before the second, None where there is one only.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    trust: float
    candidates: tuple[Candidate, ...]
    decided: str | None


def explain(document: Document, gazetteer: Gazetteer) -> tuple[Explanation, ...]:
    """Return for each name kept, in order of mention, its candidates and what decided; offsets are of the body."""
    found = settled(document, gazetteer)
    if found is None:
        return ()
    explained = []
    for number, name in enumerate(found.candidates.names):
        own = [s for s in found.settings if s.match.name == name]
        low, high = int(found.candidates.first[number]), int(found.candidates.first[number + 1])
        total = {c: sum(float(scores[c]) for scores in found.scores.values()) for c in range(low, high)}
        ranked = sorted(total, key=lambda c: (-total[c], c))[:_SHOWN]
        if own:
            spans = tuple((s.match.start, s.match.end) for s in own)
            shown = tuple(_candidate(c, total[c], found.scores, found.candidates, gazetteer) for c in ranked)
            text = document.body[slice(*spans[0])]
            explained.append(Explanation(text, spans, own[0].trust, shown, _decisive(shown)))
    return tuple(explained)


def _candidate(
    c: int, score: float, scores: dict[str, Reals], candidates: Candidates, gazetteer: Gazetteer
) -> Candidate:
    place = int(candidates.place[c])
    return Candidate(
        name=gazetteer.name(place),
        kind=KINDS[int(candidates.kind[c])],
        country=gazetteer.countries[int(candidates.country[c])] or None,
        form=NameKind(int(candidates.form[c])).name.lower(),
        score=round(score, 3),
        passes={name: round(float(values[c]), 3) for name, values in scores.items()},
    )


def _decisive(shown: tuple[Candidate, ...]) -> str | None:
    if len(shown) < 2:
        return None
    first, second = shown[0].passes, shown[1].passes
    return max(first, key=lambda name: first[name] - second[name])
