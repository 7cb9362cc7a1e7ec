from streams import geo
from streams.document import Document
from streams.text.fold import fold


def test_candidates_are_ranked_and_the_deciding_pass_is_named(gazetteer: geo.Gazetteer) -> None:
    text = "A fire broke out in Paris, Texas, on Sunday."
    body = "\n" + text
    paris, texas = geo.explain(Document("", text, body, fold(body), "en"), gazetteer)
    assert (paris.text, texas.text) == ("Paris", "Texas")
    assert body[slice(*paris.spans[0])] == "Paris"
    assert (paris.candidates[0].country, paris.candidates[0].passes["containment"] > 0) == ("US", True)
    assert paris.decided == "containment"
    scores = [candidate.score for candidate in paris.candidates]
    assert scores == sorted(scores, reverse=True)
    assert any(candidate.country == "FR" for candidate in paris.candidates)


def test_names_that_are_no_places_are_shown_with_their_score(gazetteer: geo.Gazetteer) -> None:
    text = "Nine people were killed when drones hit El Fasher, said Paris Jackson of the aid group."
    document = Document("", text, "\n" + text, fold("\n" + text), "en")
    town, person = geo.explain(document, gazetteer)
    assert (town.text, town.kept, town.score > geo.THRESHOLD) == ("El Fasher", True, True)
    assert (person.text, person.kept, person.score <= geo.THRESHOLD) == ("Paris", False, True)
    assert [place.name for place in geo.resolve(document, gazetteer).places] == ["El Fasher"]


def test_a_document_without_names_has_nothing_to_explain(gazetteer: geo.Gazetteer) -> None:
    assert geo.explain(Document("", "no names", "\nno names", fold("\nno names"), "en"), gazetteer) == ()
