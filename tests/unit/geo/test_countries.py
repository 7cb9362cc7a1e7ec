"""Names of former states count in items of their time only."""

from datetime import UTC, datetime

import pytest

from streams import geo
from streams.document import Document
from streams.text.fold import fold

TEXT = "The Soviet minister met a delegation from Portugal."


@pytest.mark.parametrize(("year", "codes"), [(1987, ["RU", "PT"]), (2025, ["PT"]), (None, ["PT"])])
def test_former_states_count_in_items_of_their_time(
    gazetteer: geo.Gazetteer, year: int | None, codes: list[str]
) -> None:
    published = datetime(year, 3, 1, tzinfo=UTC) if year else None
    document = Document("", TEXT, "\n" + TEXT, fold("\n" + TEXT), "en", None, published)
    assert [country.code for country in geo.resolve(document, gazetteer).countries] == codes
