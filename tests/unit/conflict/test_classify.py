"""Sentences written for these tests, in the languages of the wars and of the world."""

from datetime import UTC, datetime

import pytest

from streams.conflict import Registry, classify, explain
from streams.conflict.classify import THRESHOLD
from streams.messages import CountryScore, Place, Span

from .conftest import Classify, make_document

WARS = [
    ("en", "Shelling kills two in Bakhmut as Ukrainian troops hold the line", "russia-ukraine"),
    ("ru", "Обстрел Херсона: ранены трое мирных жителей", "russia-ukraine"),
    ("uk", "Російські війська обстріляли Харків, є загиблі", "russia-ukraine"),
    ("fr", "Guerre en Ukraine : nouvelle nuit de frappes de drones sur Kiev", "russia-ukraine"),
    ("de", "Ukraine-Krieg: Neue Waffenlieferungen angekündigt", "russia-ukraine"),
    ("es", "Rusia lanza misiles contra Járkov y otras ciudades de Ucrania", "russia-ukraine"),
    ("pl", "Rosyjski atak rakietowy na Ukrainę, są zabici", "russia-ukraine"),
    ("zh", "俄军夜间空袭基辅，多人受伤", "russia-ukraine"),
    ("en", "Hostage families urge a deal with Hamas", "israel-palestine"),
    ("ar", "غارات على خان يونس وبغزة تخلف عشرات الشهداء", "israel-palestine"),
    ("he", 'שני חיילים נפצעו בקרב ברפיח, דובר צה"ל: מחבלים חוסלו', "israel-palestine"),
    ("fa", "حملات هوایی به نوار غزه ده‌ها کشته بر جای گذاشت", "israel-palestine"),
    ("tr", "Gazze'de çadırlara hava saldırısı: ölüler var", "israel-palestine"),
    ("hi", "गाजा में हवाई हमले में कई लोगों की मौत", "israel-palestine"),
    ("pt", "Bombardeio em Gaza deixa dezenas de mortos", "israel-palestine"),
    ("ar", "#دواعش_حماس لا يمثلون أحدا", "israel-palestine"),
    ("en", "Hezbollah fires rockets across the Blue Line after air strikes in southern Lebanon", "israel-hezbollah"),
    ("en", "RSF drones hit a hospital in El Fasher", "sudan"),
    ("ar", "الدعم السريع يقصف الفاشر والجيش السوداني يرد", "sudan"),
    ("fr", "Le M23 s'empare d'une localité près de Goma", "dr-congo"),
    ("sw", "Waasi wa M23 washambulia Walikale, raia wakimbia", "dr-congo"),
    ("am", "በአማራ ክልል ጎጃም በፋኖ እና በመከላከያ መካከል ውጊያ ተካሄደ", "ethiopia-amhara"),
    ("ti", "ኣብ ትግራይ ብድሮን ዝተፈጸመ መጥቃዕቲ ሰባት ቀቲሉ", "ethiopia-tigray"),
    ("so", "Al-Shabaab oo weerar ku qaaday saldhig ciidan oo ku yaal Shabeellaha Hoose", "somalia"),
    ("ha", "Boko Haram ta kashe sojoji a Borno", "nigeria-boko-haram"),
    ("my", "မြဝတီတွင် စစ်ကောင်စီနှင့် ကေအဲန်ယူ တိုက်ပွဲဖြစ်ပွား", "myanmar-karen"),
    ("bn", "রাখাইনে আরাকান আর্মি ও জান্তা বাহিনীর সংঘর্ষ", "myanmar-arakan"),
    ("ur", "بلوچستان میں بی ایل اے کا حملہ، فوجی ہلاک", "pakistan-balochistan"),
    ("es", "Ejecutan a tres hombres en Culiacán; reportan balacera", "mexico-cartels"),
    ("en", "Cambodian and Thai troops trade artillery fire near Preah Vihear", "thailand-cambodia"),
    ("th", "ทหารไทยปะทะกัมพูชา ใกล้ปราสาทตาเมือน", "thailand-cambodia"),
    ("pt", "Insurgentes atacam aldeia em Macomia, Cabo Delgado", "mozambique-cabo-delgado"),
    ("id", "Kontak tembak dengan KKB di Intan Jaya, prajurit tewas", "indonesia-papua"),
    ("en", "Naxals kill two policemen in Sukma", "india-naxalites"),
    ("fr", "Port-au-Prince : les gangs de Viv Ansanm attaquent un quartier", "haiti"),
    ("tr", "PKK'lı 3 terörist etkisiz hale getirildi", "turkey-pkk"),
    ("ko", "러시아, 하르키우에 미사일 공격… 민간인 5명 사망", "russia-ukraine"),
    ("ko", "이스라엘군, 가자지구 공습", "israel-palestine"),
    ("vi", "Không kích ở Dải Gaza, nhiều dân thường thiệt mạng", "israel-palestine"),
    ("ro", "Rachete rusești asupra orașului Herson: trei civili uciși", "russia-ukraine"),
    ("cs", "Ruské rakety zasáhly Charkov, zahynuli civilisté", "russia-ukraine"),
    ("sk", "Ruské rakety zasiahli Cherson, hlásia mŕtvych", "russia-ukraine"),
    ("el", "Βομβαρδισμοί στη Λωρίδα της Γάζας, δεκάδες νεκροί", "israel-palestine"),
    ("sv", "Ryska drönare mot Cherson i natt, två döda", "russia-ukraine"),
    ("hu", "Orosz rakétatámadás Herszon ellen, halottak és sebesültek", "russia-ukraine"),
    ("bg", "Обстрел над Херсон: двама убити", "russia-ukraine"),
    ("sr", "Израелски ваздушни напади на Појас Газе", "israel-palestine"),
    ("hr", "Izraelski napadi na Pojas Gaze, deseci mrtvih", "israel-palestine"),
    ("az", "Qəzzada hava zərbələri: onlarla həlak olan var", "israel-palestine"),
]


@pytest.mark.parametrize(("language", "title", "slug"), WARS)
def test_names_the_war(matches: Classify, language: str, title: str, slug: str) -> None:
    found = matches(title, language=language)
    assert found, "abstained"
    assert found[0].id == slug


PEACE = [
    ("en", "Striker fires hat-trick as Kyiv side wins the battle for third place in the league"),
    ("en", "Console makers prepare for a price war before Christmas"),
    ("en", "Star Wars film breaks box office records in Israel"),
    ("en", "The MPC keeps interest rates on hold"),
    ("en", "This is what the new phone is like"),
    ("en", "Let us talk about inflation"),
    ("fr", "Sur la route des vacances, un accident fait deux morts"),
    ("de", "Die Bank meldet mehr Gewinn, die Aktie steigt"),
    ("es", "El Barcelona gana la batalla por la liga"),
    ("ru", "Футбол: киевское Динамо выиграло матч чемпионата"),
    ("en", "India and China sign a trade agreement, ministers say"),
    ("en", "Mexican president opens a new railway"),
    ("en", "Floods kill twelve in northern Italy"),
    ("en", "Union calls a strike at the airport"),
    ("en", "Bus crash kills nine in Pakistan, dozens injured"),
    ("en", "Earthquake in Afghanistan: hundreds dead, villages destroyed"),
    ("es", "Accidente de autobús en México deja diez muertos y veinte heridos"),
    ("ar", "زلزال يهز أفغانستان ومقتل العشرات"),
    ("en", "Teachers' union in Kharkiv threatens a walkout over unpaid wages"),
    ("fr", "Liban : le syndicat des dockers de Tyr engage la bataille des salaires"),
    ("ru", "Цены на бензин в России: война скидок между сетями"),
    ("es", "Elecciones en Sinaloa: los candidatos se atacan en el debate"),
    ("tr", "Diyarbakır'da seçim: adaylar sandık başında"),
    ("de", "Tanzgruppe aus Damaskus erobert Publikum bei Poetry-Slam"),
    ("uk", "У Херсоні відсвяткували день міста: феєрверк, танці та карнавал"),
    ("ko", "이스라엘 축구 대표팀, 경기에서 공격력 부족으로 패배"),
    ("cs", "Ukrajinský fotbalista dal gól, zápas skončil vítězstvím, útok se trenérovi líbil"),
    ("el", "Ποδόσφαιρο: η επίθεση της Συρίας χωρίς γκολ στο πρωτάθλημα"),
    ("sv", "Priskrig mellan ukrainska bolag, aktien föll"),
    ("sr", "Fudbal: napad Rusije bez gola, trener ljut posle utakmice"),
    ("pt", "Carnaval: escola de samba vence a batalha dos desfiles no Rio de Janeiro"),
]


@pytest.mark.parametrize(("language", "title"), PEACE)
def test_abstains_where_there_is_no_war(matches: Classify, language: str, title: str) -> None:
    assert matches(title, language=language) == ()


def test_two_wars_in_one_item_have_evidence_of_their_own(matches: Classify) -> None:
    found = matches("UN chief condemns attacks in Gaza and in Darfur", "The RSF shelled Darfur. Air strikes hit Gaza.")
    evidence = {match.id: {span.text for span in match.evidence} for match in found}
    assert "Gaza" in evidence["israel-palestine"]
    assert "Darfur" in evidence["sudan"]
    assert "Darfur" not in evidence["israel-palestine"]


def test_sure_wars_stand_in_the_order_of_the_title(matches: Classify) -> None:
    text = "Russian missiles hit Kyiv and Kharkiv in Ukraine. Israeli air strikes hit Rafah in Gaza, Hamas said."
    first = matches("Ukraine and Gaza: two wars, no ceasefire", text, published_at=datetime(2025, 6, 1, tzinfo=UTC))
    second = matches("Gaza and Ukraine: two wars, no ceasefire", text, published_at=datetime(2025, 6, 1, tzinfo=UTC))
    assert [match.id for match in first] == ["russia-ukraine", "israel-palestine"]
    assert [match.id for match in second] == ["israel-palestine", "russia-ukraine"]


def test_a_country_that_only_mediates_brings_no_war_of_its_own(matches: Classify) -> None:
    found = matches("Hamas answers the ceasefire plan", "Egyptian mediators said the truce in Gaza could start soon.")
    assert [match.id for match in found] == ["israel-palestine"]


def test_the_place_of_another_war_of_the_country_is_a_weaker_answer(matches: Classify) -> None:
    found = matches("ADF fighters kill nine in Ituri", "The ADF, an affiliate of Islamic State, attacked at night.")
    assert found[0].id == "dr-congo-islamic-state"
    assert all(match.score < 0.75 for match in found[1:])


def test_a_name_inside_a_longer_one_is_no_name_of_its_own(registry: Registry) -> None:
    document = make_document("South Sudan: army and rebels clash in Upper Nile, dozens of soldiers killed")
    considered = {found.conflict.slug for found in explain(document, (), (), registry)}
    assert "south-sudan" in considered
    assert "sudan" not in considered


@pytest.mark.parametrize(
    ("language", "plain", "denied"),
    [
        ("en", "Fighting in Somalia", "No fighting in Somalia"),
        ("fr", "Combats en Somalie", "Aucun combat en Somalie"),
        ("es", "Combates en Somalia", "Sin combates en Somalia"),
        ("ru", "Бои в Сомали", "Без боев в Сомали"),
    ],
)
def test_what_is_denied_speaks_for_no_war(registry: Registry, language: str, plain: str, denied: str) -> None:
    def fighting(title: str) -> float:
        candidates = explain(make_document(title, language=language), (), (), registry)
        return next(found.points["fighting"] for found in candidates if found.conflict.slug == "somalia")

    assert fighting(plain) > 0
    assert fighting(denied) == 0


@pytest.mark.parametrize(
    ("language", "title"),
    [("tr", "Somali'de çatışma yaşanmadı"), ("fa", "در سومالی درگیری رخ نداد"), ("hi", "सोमालिया में हमला नहीं हुआ")],
)
def test_a_denial_may_follow_what_it_denies(registry: Registry, language: str, title: str) -> None:
    candidates = explain(make_document(title, language=language), (), (), registry)
    assert next(found.points["fighting"] for found in candidates if found.conflict.slug == "somalia") == 0


@pytest.mark.parametrize(
    ("language", "figure", "literal"),
    [
        ("en", "Taxi drivers launch offensive in Mexico battle", "Soldiers launch offensive in Mexico battle"),
        ("fr", "Mali : l'offensive des taxis", "Mali : l'offensive des soldats"),
        ("ru", "Ливия: битва за урожай, атака на сорняки", "Ливия: битва солдат, атака на сорняки"),
    ],
)
def test_figures_of_speech_need_literal_words_beside_them(
    registry: Registry, language: str, figure: str, literal: str
) -> None:
    def score(title: str) -> float:
        return explain(make_document(title, language=language), (), (), registry)[0].score

    assert score(figure) < THRESHOLD - 0.1
    assert score(literal) > score(figure) + 0.1


def test_a_country_counts_less_where_the_scene_is_elsewhere(registry: Registry) -> None:
    document = make_document("Syrian killed by gunmen in Halle")
    span = Span("title", 27, 32, "Halle")
    place = Place("Halle", "city", 1, None, "DE", None, 51.5, 12.0, "exact", None, "focus", 0.9, (span,))
    here = explain(document, (), (), registry)[0]
    abroad = explain(document, (place,), (CountryScore("DE", 0.9),), registry)[0]
    assert here.conflict.slug == abroad.conflict.slug == "syria"
    assert abroad.points["terms"] < here.points["terms"]


def test_words_of_war_count_less_among_those_of_sport(registry: Registry) -> None:
    def fighting(title: str) -> float:
        candidates = explain(make_document(title), (), (), registry)
        return next(found.points["fighting"] for found in candidates if found.conflict.slug == "libya")

    assert fighting("Tripoli side wins the battle of the league in Libya") < fighting("Tripoli: the battle of Libya")


def test_evidence_points_at_the_words(matches: Classify) -> None:
    title, text = "Frappes sur Kharkiv", "À Kharkiv, en Ukraine, un missile a tué deux civils."
    for span in matches(title, text, "fr")[0].evidence:
        assert {"title": title, "text": text}[span.field][span.start : span.end] == span.text


def test_evidence_keeps_the_marks_and_letters_of_the_source(matches: Classify) -> None:
    found = matches("قصفٌ على غَزَّة وجباليا", language="ar")
    assert "غَزَّة" in {span.text for span in found[0].evidence}


def test_a_name_does_not_reach_from_the_title_into_the_text(matches: Classify, registry: Registry) -> None:
    candidates = explain(make_document("They live in East", "Jerusalem artichokes are in season"), (), (), registry)
    assert all("East" not in span.text for found in candidates for span in found.evidence)


@pytest.mark.parametrize(
    ("published_at", "slug"),
    [(datetime(2016, 5, 1, tzinfo=UTC), "ukraine-donbas"), (datetime(2023, 5, 1, tzinfo=UTC), "russia-ukraine")],
)
def test_the_date_chooses_among_the_wars_of_a_country(matches: Classify, published_at: datetime, slug: str) -> None:
    found = matches("Two Ukrainian soldiers killed near Donetsk", published_at=published_at)
    assert found[0].id == slug


def test_at_the_peak_of_a_war_its_parties_count_without_fighting(matches: Classify) -> None:
    title = "Ukraine and Russia agree on a meeting of their envoys"
    assert matches(title, published_at=datetime(2019, 6, 1, tzinfo=UTC)) == ()
    assert matches(title, published_at=datetime(2025, 6, 1, tzinfo=UTC))[0].id == "russia-ukraine"


def test_a_named_war_leaves_the_other_wars_of_its_country_out(matches: Classify) -> None:
    found = matches("Kachin Independence Army attacks base in Myanmar, troops killed")
    assert [match.id for match in found] == ["myanmar-kachin"]


def test_a_commemoration_counts_less_than_a_battle(matches: Classify) -> None:
    score = {match.id: match.score for match in matches("Fighting in the streets of Grozny in Chechnya")}
    past = matches("Exhibition in the museum on the anniversary of the battle of Grozny, Chechnya, decades ago")
    assert all(match.score < score["russia-chechnya"] for match in past if match.id == "russia-chechnya")


def test_places_stand_for_a_country_the_text_does_not_name(registry: Registry) -> None:
    document = make_document("Gunmen kill nine in an ambush on soldiers near Tenancingo, militia blamed")
    span = Span("title", 45, 55, "Tenancingo")
    place = Place("Gao Region", "region", 1, None, "ML", None, 16.0, 0.0, "admin1", None, "focus", 0.9, (span,))
    assert classify(document, (), (), registry) == ()
    found = classify(document, (place,), (CountryScore("ML", 0.9),), registry)
    assert found[0].id == "mali"
    assert span.text in {evidence.text for evidence in found[0].evidence}


def test_explain_shows_what_was_considered_and_why(registry: Registry) -> None:
    document = make_document("Ukraine opens a new museum")
    candidates = explain(document, (), (), registry)
    assert classify(document, (), (), registry) == ()
    top = candidates[0]
    assert top.conflict.countries == ("UA", "RU")
    assert {"prior", "terms", "fighting", "against", "time"} <= set(top.points)
    assert top.vague


def test_scores_are_probabilities_best_first(matches: Classify) -> None:
    found = matches("Hamas and Hezbollah claim rocket attacks on Israel from Gaza and Lebanon")
    scores = [match.score for match in found]
    assert len(found) >= 2
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
