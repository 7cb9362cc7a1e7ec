"""Tables of the public sets: goals, wars, false alarms, places, countries, copies, languages."""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import calibration
import public_report
from public_report import Measured
from tables import Lines, table

MOST_CONFUSIONS = 15
Sets = dict[str, Measured]


class Goal(NamedTuple):
    """What is aimed at: a metric of the scorer on a set, at least or at most."""

    what: str
    set: str
    metric: str
    least: float = 0.0
    most: float = 1.0


GOALS = (
    Goal("Israel–Hamas posts in 5 languages, right war first", "conflict_fignews_israel_hamas", "recall@1", 0.90),
    Goal("Gaza war, Arabic articles, right war first", "conflict_aljazeera_ar_gaza", "recall@1", 0.95),
    Goal("Russia–Ukraine headlines, right war first", "conflict_ruwa_ru_ua", "recall@1", 0.95),
    Goal("Syria articles, right war first", "conflict_fakes_syria", "recall@1", 0.97),
    Goal("Donbas 2014 articles, right war first", "conflict_ukraine2014", "recall@1", 0.95),
    Goal("UCDP event headlines, any war", "conflict_ged_headlines", "any_conflict", 0.70),
    Goal("UCDP event headlines, UCDP id among the answers", "conflict_ged_headlines", "recall@any", 0.60),
    Goal("UCDP event headlines, country among the answers", "conflict_ged_headlines", "country@any", 0.80),
    Goal("false alarms on peaceful topics, as labelled", "nonconflict_topics", "false_positive_rate", most=0.01),
    Goal("LGL, places found and right within 161 km", "geo_lgl", "right_161km", 0.82),
    Goal("LGL, the same below the level of countries", "geo_lgl", "right_161km_sub", 0.79),
    Goal("LGL, names found (F1)", "geo_lgl", "tag_f1", 0.83),
    Goal("LGL, country of the place right, of the names found", "geo_lgl", "country_acc_found", 0.95),
    Goal("GeoVirus, places found and right within 161 km", "geo_geovirus", "right_161km", 0.82),
    Goal("GeoVirus, the same below the level of countries", "geo_geovirus", "right_161km_sub", 0.83),
    Goal("GeoVirus, names found (F1)", "geo_geovirus", "tag_f1", 0.87),
    Goal("Reuters 1987, countries of the document (micro-F1)", "country_reuters_places", "f1", 0.85),
    Goal("CLIFF, focus country first", "country_cliff_focus", "top1", 0.92),
    Goal("Arabic wire, copies found (recall of pairs)", "dup_saudi_ar_docs", "recall", 0.97),
    Goal("Arabic wire, copies right (precision of pairs)", "dup_saudi_ar_docs", "precision", 0.99),
)
LANGUAGE_GOAL = 0.985


def goals(sets: Sets) -> Lines:
    """Yield what was aimed at and what was reached."""
    rows = [(goal, sets[goal.set].score["metrics"][goal.metric]) for goal in GOALS]
    right, count, _ = public_report.language_mistakes([*sets.values()])
    rows.append((Goal(f"language, {count:,} texts of 40 characters or more", "", "", LANGUAGE_GOAL), right))
    yield from table(("what", "reached", "goal", "met"), ((g.what, v, _aim(g), _met(g, v)) for g, v in rows))


def _aim(goal: Goal) -> str:
    return f"≥ {goal.least:.3f}" if goal.most == 1 else f"≤ {goal.most:.3f}"


def _met(goal: Goal, value: float) -> str:
    return "yes" if goal.least <= value <= goal.most else "**no**"


def wars(sets: Sets) -> Lines:
    """Yield the answers on wars by set and language."""
    rows: list[tuple[object, ...]] = []
    for name, measured in sets.items():
        if name.startswith("conflict_"):
            rows.append(_war_row(name, "all", measured.score["items"], measured.score["metrics"]))
            by_language = measured.score["groups"].get("language", {})
            rows += [_war_row(name, language, m["items"], m) for language, m in sorted(by_language.items())]
    yield from table(("set", "language", "items", "a war", "right first", "right among", "language right"), rows)


def _war_row(name: str, language: str, items: int, metrics: dict[str, Any]) -> tuple[object, ...]:
    keys = ("any_conflict", "recall@1", "recall@any", "lang_acc")
    return (name.removeprefix("conflict_"), language, items, *(metrics[key] for key in keys))


def public_confusions(sets: Sets) -> Lines:
    """Yield the most frequent wars given for another."""
    found = [
        (name.removeprefix("conflict_"), one["expected"], f"{one['got']} ({one['ucdp']})", one["items"])
        for name, measured in sets.items()
        for one in measured.score["mistakes"]
        if name.startswith("conflict_")
    ]
    found.sort(key=lambda row: -row[3])
    yield from table(("set", "right UCDP id", "given first", "items"), found[:MOST_CONFUSIONS])


def alarms(sets: Sets) -> Lines:
    """Yield the items of peaceful topics that got a war, as labelled and as read, then their groups."""
    measured = sets["nonconflict_topics"]
    found = public_report.alarms(measured)
    items, verdicts = measured.score["items"], Counter(verdict for verdict, *_ in found)
    wrong = [(f"alarms, {what}", count, count / items) for what, count in (
        ("as labelled", len(found)),
        ("without wrong labels", len(found) - verdicts["label"]),
        ("without wrong labels and what can be argued", len(found) - verdicts["label"] - verdicts["argued"]),
        ("not read", verdicts["not read"]),
    )]  # fmt: skip
    yield from table((f"of {items:,} items", "alarms", "share"), wrong)
    yield ""
    rows = [
        (what, name, m["items"], round(m["false_positive_rate"] * m["items"]), m["false_positive_rate"])
        for what in ("topic", "language")
        for name, m in measured.score["groups"][what].items()
        if m["false_positive_rate"]
    ]
    yield from table(("by", "group (those with an alarm)", "items", "alarms", "share"), rows)
    yield ""
    labels = ", ".join(f"`{name}`" for verdict, _, _, name in found if verdict == "label")
    yield f"Wrong labels: {labels or 'none'}."


def places(sets: Sets) -> Lines:
    """Yield names found and places right in English corpora."""
    keys = ("located_toponyms", "tag_precision", "tag_recall", "tag_f1", "right_161km", "right_161km_sub",
            "acc_161km_found", "country_acc_found", "median_km_found")  # fmt: skip
    rows = [
        (n.removeprefix("geo_"), *(m.score["metrics"][k] for k in keys))
        for n, m in sets.items()
        if n.startswith("geo_")
    ]
    yield from table(
        ("set", "names", "precision", "recall", "F1", "right", "right, sub-national", "right of found",
         "country right of found", "median km"), rows)  # fmt: skip


def place_losses(sets: Sets) -> Lines:
    """Yield how the located names of each set end."""
    ends = {name.removeprefix("geo_"): sets[name].place_losses() for name in sets if name.startswith("geo_")}
    kinds = sorted({kind for counts in ends.values() for kind in counts}, key=lambda kind: -ends["lgl"][kind])
    rows = [
        (kind, *(f"{counts[kind]} ({counts[kind] / counts.total():.1%})" for counts in ends.values())) for kind in kinds
    ]
    yield from table(("located names", *ends), rows)


def country_errors(sets: Sets) -> Lines:
    """Yield the countries most often lacking and most often wrong in Reuters' documents."""
    lost, false = sets["country_reuters_places"].countries()
    ranked = zip(lost.most_common(MOST_CONFUSIONS), false.most_common(MOST_CONFUSIONS), strict=False)
    yield from table(("lacking", "documents", "wrong", "documents"), ((*one, *other) for one, other in ranked))


def countries(sets: Sets) -> Lines:
    """Yield the countries of documents."""
    keys = ("precision", "recall", "f1", "top1")
    rows = [(n.removeprefix("country_"), m.score["items"], *(m.score["metrics"][k] for k in keys))
            for n, m in sets.items() if n.startswith("country_")]  # fmt: skip
    yield from table(("set", "items", "precision", "recall", "F1", "first right, of items with one"), rows)


def copies(sets: Sets) -> Lines:
    """Yield pairs and clusters of copies."""
    wire, stories, events = (
        sets["dup_saudi_ar_docs"],
        sets["pairs_tgcontest_same_story"],
        sets["event_clusters_ecbplus"],
    )
    found, same, clusters = wire.score["metrics"], stories.score["metrics"], events.score["metrics"]
    rand, documents = wire.rand_without_grey()
    rows = [
        ("Arabic wire", "copies found, of pairs", found["duplicate_pairs"], found["recall"]),
        ("Arabic wire", "related texts taken for copies, of pairs", found["related_pairs"], found["related_merged"]),
        ("Arabic wire", "doubtful pairs taken for copies, share", None, found["grey_merged"]),
        ("Arabic wire", "adjusted Rand index, of documents in no doubtful pair", documents, rand),
        ("Telegram", "one story in other words, taken for copies, share", stories.score["items"], same["merged_OK"]),
        ("Telegram", "two stories taken for copies, share", stories.score["items"], same["merged_BAD"]),
        ("ECB+", "pairs of two events taken for copies, of texts", events.score["items"], clusters["false_merges"]),
    ]
    yield from table(("set", "what", "of", "value"), rows)


def languages(sets: Sets) -> Lines:
    """Yield which language was taken for which."""
    _, _, wrong = public_report.language_mistakes([*sets.values()])
    yield from table(("language", "taken for", "items"), ((*pair, n) for pair, n in wrong.most_common(MOST_CONFUSIONS)))


TABLES: dict[str, Callable[[Sets], Lines]] = {
    "goals": goals,
    "wars": wars,
    "war-calibration": calibration.public,
    "war-confusions": public_confusions,
    "alarms": alarms,
    "places": places,
    "place-losses": place_losses,
    "countries": countries,
    "country-errors": country_errors,
    "copies": copies,
    "languages": languages,
}
