from pathlib import Path

import numpy as np
import pytest

from streams.errors import ConfigError
from streams.geo import Gazetteer, arrays, load
from streams.geo.gazetteer import COMPILED
from streams.geo.hashing import phrase_hash
from streams.geo.kinds import CITY, COUNTRY, PLACE_BITS
from streams.text.fold import fold_name


def places(gazetteer: Gazetteer, name: str) -> list[int]:
    hashes = np.array([phrase_hash(fold_name(name))], np.uint64)
    (first,), (last,) = gazetteer.find(hashes)
    return [int(entry) & ((1 << PLACE_BITS) - 1) for entry in gazetteer.entries[first:last]]


@pytest.mark.parametrize(
    ("name", "country", "lat", "lon"),
    [
        ("Kharkiv", "UA", 50.0, 36.2), ("Харків", "UA", 50.0, 36.2), ("خان يونس", "PS", 31.3, 34.3),
        ("El Fasher", "SD", 13.6, 25.3), ("喀土穆", "SD", 15.6, 32.5), ("São Paulo", "BR", -23.5, -46.6),
    ],
)  # fmt: skip
def test_names_in_many_scripts_are_found(gazetteer: Gazetteer, name: str, country: str, lat: float, lon: float) -> None:
    found = [p for p in places(gazetteer, name) if gazetteer.kind[p] == CITY]
    assert any(
        gazetteer.countries[gazetteer.country[p]] == country
        and abs(gazetteer.lat[p] - lat) < 0.3
        and abs(gazetteer.lon[p] - lon) < 0.3
        for p in found
    )


def test_a_country_is_not_on_its_capital(gazetteer: Gazetteer) -> None:
    (france,) = [p for p in places(gazetteer, "France") if gazetteer.kind[p] == COUNTRY]
    assert gazetteer.described(france).place.name == "France"
    assert abs(gazetteer.lat[france] - 48.86) > 1
    assert gazetteer.radius[france] > 300


def test_an_unknown_name_has_no_entry(gazetteer: Gazetteer) -> None:
    assert places(gazetteer, "Qwertzuiopü") == []


def test_the_table_is_sorted_and_read_only(gazetteer: Gazetteer) -> None:
    for low, high in zip(gazetteer.bounds[:-1], gazetteer.bounds[1:], strict=True):
        part = gazetteer.entries[low:high]
        assert (part[1:] >= part[:-1]).all()
    assert not gazetteer.entries.flags.writeable
    assert gazetteer.version


def test_a_file_whose_names_point_nowhere_is_refused(tmp_path: Path) -> None:
    meta, data = arrays.read(COMPILED)
    data["entries"] = data["entries"].copy()
    data["entries"][7] |= np.uint64((1 << PLACE_BITS) - 1)
    arrays.write(tmp_path / "broken.bin", meta, data)
    with pytest.raises(ConfigError, match=r"broken\.bin: .* entries"):
        load(tmp_path / "broken.bin")


def test_the_state_of_a_place_is_one_of_its_country(gazetteer: Gazetteer) -> None:
    described = [gazetteer.described(number).place for number in range(0, len(gazetteer.lat), 97)]
    assert all(place.admin1 is None or place.admin1.startswith(f"{place.country}-") for place in described)
    lands = [gazetteer.described(number).place for number in np.flatnonzero(gazetteer.kind == COUNTRY).tolist()]
    assert {place.admin1 for place in lands} == {None}
    assert sum(place.admin1 is not None for place in described) > 0.9 * len(described)
