from collections.abc import Callable

import numpy as np
import pytest

from streams import geo
from streams.geo.hashing import phrase_hash
from streams.geo.kinds import COUNTRY, NameKind

Resolve = Callable[..., geo.Geography]


def surfaces(geography: geo.Geography) -> set[str]:
    return {span.text for place in geography.places for span in place.mentions}


@pytest.mark.parametrize(
    ("language", "text", "surface"),
    [
        ("fr", "Des frappes ont visé la bande de Gaza dans la nuit.", "bande de Gaza"),
        ("en", "Air strikes hit the Kharkiv region overnight.", "Kharkiv region"),
        ("ru", "Удары пришлись по домам в Хан-Юнисе ночью.", "Хан-Юнисе"),
        ("uk", "Вночі обстріляли околиці Куп'янська та сусідні села.", "Куп'янська"),
    ],
)
def test_one_capital_is_enough_for_a_name_of_several_words(
    resolve: Resolve, language: str, text: str, surface: str
) -> None:
    assert surface in surfaces(resolve(text, language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "La reunión terminó sin acuerdo entre las partes."),
        ("fr", "L'est du pays reste calme, dit-on."),
    ],
)
def test_an_article_with_a_capital_makes_no_name(resolve: Resolve, language: str, text: str) -> None:
    assert surfaces(resolve(text, language)) == set()


def test_a_name_is_looked_up_with_what_its_first_entry_is(gazetteer: geo.Gazetteer) -> None:
    france = gazetteer.lookup(phrase_hash("france"))
    assert france is not None
    assert (france.kind, france.form, france.divided) == (COUNTRY, NameKind.MAIN, True)
    assert gazetteer.name(france.place) == "France"
    assert gazetteer.lookup(phrase_hash("qwertzuiop")) is None


def test_single_and_joint_look_ups_agree(gazetteer: geo.Gazetteer) -> None:
    hashes = np.array(
        [phrase_hash(name) for name in ("kyiv", "paris", "el fasher", "nowhere at all", "springfield")], np.uint64
    )
    low, known = gazetteer.find(hashes)
    high = gazetteer.end(hashes)
    single = [gazetteer.lookup(hashed) for hashed in hashes.tolist()]
    assert [name is not None for name in single] == known.tolist() == [True, True, True, False, True]
    assert [(name.low, name.high) for name in single if name] == [
        (a, b) for a, b, k in zip(low.tolist(), high.tolist(), known.tolist(), strict=True) if k
    ]
    assert (gazetteer.holds(hashes) >= known).all()
