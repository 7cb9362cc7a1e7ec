import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.text.language import LanguageModel, load, shard_of

TEXTS = {
    "en": "The mayor said that two villages north of the town were shelled early on Monday.",
    "fr": "Le maire a déclaré que deux villages au nord de la ville ont été bombardés lundi matin.",
    "es": "El alcalde dijo que dos aldeas al norte de la ciudad fueron bombardeadas el lunes por la mañana.",
    "pt": "O prefeito disse que duas aldeias ao norte da cidade foram bombardeadas na manhã de segunda-feira.",
    "de": "Der Bürgermeister sagte, dass zwei Dörfer nördlich der Stadt am Montagmorgen beschossen wurden.",
    "it": "Il sindaco ha detto che due villaggi a nord della città sono stati bombardati lunedì mattina.",
    "nl": "De burgemeester zei dat twee dorpen ten noorden van de stad maandagochtend werden beschoten.",
    "sv": "Borgmästaren sade att två byar norr om staden besköts tidigt på måndagsmorgonen och att många flydde.",
    "fi": "Pormestarin mukaan kahta kylää kaupungin pohjoispuolella tulitettiin varhain maanantaiaamuna.",
    "pl": "Burmistrz powiedział, że dwie wsie na północ od miasta zostały ostrzelane w poniedziałek rano.",
    "cs": "Starosta řekl, že dvě vesnice severně od města byly v pondělí ráno ostřelovány a lidé utíkali.",
    "hu": "A polgármester szerint hétfőn kora reggel két falut lőttek a várostól északra, sokan elmenekültek.",
    "ro": "Primarul a spus că două sate de la nord de oraș au fost bombardate luni dimineață devreme.",
    "tr": "Belediye başkanı, şehrin kuzeyindeki iki köyün pazartesi sabahı bombalandığını söyledi.",
    "id": "Wali kota mengatakan bahwa dua desa di utara kota ditembaki pada Senin pagi dan warga mengungsi.",
    "vi": "Thị trưởng cho biết hai ngôi làng phía bắc thành phố đã bị pháo kích vào sáng sớm thứ Hai.",
    "sw": "Meya alisema kwamba vijiji viwili kaskazini mwa mji vilishambuliwa Jumatatu asubuhi na watu wakakimbia.",
    "so": "Duqa magaalada ayaa sheegay in laba tuulo oo waqooyiga ka xiga magaalada la duqeeyay subaxnimadii Isniinta.",
    "ha": "Magajin garin ya ce an kai hari kan kauyuka biyu da ke arewacin garin da sanyin safiyar Litinin.",
    "ru": "Мэр сообщил, что два села к северу от города были обстреляны рано утром в понедельник.",
    "uk": "Міський голова повідомив, що два села на північ від міста обстріляли вранці в понеділок.",
    "be": "Мэр паведаміў, што дзве вёскі на поўнач ад горада былі абстраляныя ў панядзелак раніцай.",
    "bg": "Кметът съобщи, че две села на север от града са били обстрелвани рано сутринта в понеделник.",
    "sr": "Градоначелник је рекао да су два села северно од града гранатирана у понедељак ујутру, људи беже.",
    "mk": "Градоначалникот изјави дека две села северно од градот биле гранатирани во понеделникот наутро, ќе помогне.",
    "kk": "Қала әкімі қаланың солтүстігіндегі екі ауыл дүйсенбі күні таңертең атқыланғанын айтты.",
    "el": "Ο δήμαρχος είπε ότι δύο χωριά βόρεια της πόλης βομβαρδίστηκαν νωρίς το πρωί της Δευτέρας.",
    "ar": "قال رئيس البلدية إن قريتين شمالي المدينة تعرضتا للقصف في وقت مبكر من صباح الاثنين.",
    "fa": "شهردار گفت که دو روستا در شمال شهر بامداد دوشنبه گلوله‌باران شدند و مردم گریختند.",
    "ur": "میئر نے کہا کہ شہر کے شمال میں دو دیہات پر پیر کی صبح گولہ باری کی گئی اور لوگ بھاگ گئے۔",
    "ps": "ښاروال وویل چې د ښار په شمال کې دوه کلي د دوشنبې په سهار وویشتل شول او خلک وتښتېدل.",
    "ku": "سەرۆکی شارەوانی ڕایگەیاند کە دوو گوند لە باکووری شارەکە بەیانی دووشەممە تۆپباران کران.",
    "he": "ראש העיר אמר כי שני כפרים מצפון לעיר הופגזו מוקדם בבוקר יום שני ותושבים נמלטו.",
    "am": "ከንቲባው ከከተማዋ በስተ ሰሜን የሚገኙ ሁለት መንደሮች ሰኞ ማለዳ መደብደባቸውን ተናገሩ።",
    "hi": "महापौर ने कहा कि शहर के उत्तर में दो गाँवों पर सोमवार सुबह गोलाबारी हुई और लोग भाग गए।",
    "bn": "মেয়র বলেছেন, শহরের উত্তরে দুটি গ্রামে সোমবার ভোরে গোলাবর্ষণ করা হয়েছে।",
    "ta": "நகரின் வடக்கே உள்ள இரண்டு கிராமங்கள் மீது திங்கட்கிழமை காலை தாக்குதல் நடந்தது.",
    "th": "นายกเทศมนตรีกล่าวว่าหมู่บ้านสองแห่งทางเหนือของเมืองถูกยิงถล่มเมื่อเช้าวันจันทร์",
    "my": "မြို့၏ မြောက်ဘက်ရှိ ရွာနှစ်ရွာ တနင်္လာနေ့ နံနက်က လက်နက်ကြီးဖြင့် ပစ်ခတ်ခံရသည်။",
    "km": "ភូមិពីរនៅភាគខាងជើងទីក្រុងត្រូវបានបាញ់ផ្លោងនៅព្រឹកថ្ងៃចន្ទ",
    "ka": "მერმა თქვა, რომ ქალაქის ჩრდილოეთით ორი სოფელი ორშაბათს დილით დაიბომბა.",
    "hy": "Քաղաքապետն ասաց, որ քաղաքից հյուսիս գտնվող երկու գյուղ գնդակոծվել է երկուշաբթի առավոտյան։",
    "zh": "市长说，城市北部的两个村庄星期一清晨遭到炮击，许多居民逃离。",
    "ja": "市長は、市の北部にある二つの村が月曜日の早朝に砲撃を受けたと述べた。",
    "ko": "시장은 월요일 이른 아침 도시 북쪽의 두 마을이 포격을 받았다고 말했다.",
}


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return load()


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_is_enough(model: LanguageModel, language: str) -> None:
    assert model.detect("", TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "12:30", "…!?", "OK", "https://example.org/a/long/address/of/words @somebody"])
def test_too_little_text_is_undetermined(model: LanguageModel, text: str) -> None:
    assert model.detect("", text) == "und"


def test_latin_names_do_not_outweigh_another_script(model: LanguageModel) -> None:
    assert model.detect("", "Breaking News | काल्वो में गोलाबारी के बाद लोग भाग रहे हैं | Example TV Live") == "hi"


def test_short_romance_headlines_are_not_english(model: LanguageModel) -> None:
    assert model.detect("La ville en mode couvre-feu, le marché local fermé", "") == "fr"


@pytest.mark.parametrize("hint", ["en", "ru", "xx", "", None])
def test_a_wrong_hint_changes_nothing(model: LanguageModel, hint: str | None) -> None:
    assert model.detect("", TEXTS["fa"], hint) == "fa"


@pytest.mark.parametrize(
    "group", ["no da sv", "hr sr bs", "id ms", "ru uk be bg", "cs sk", "am ti", "fa ps ur", "es pt", "und en"]
)
def test_easily_mistaken_languages_share_a_shard(group: str) -> None:
    assert len({shard_of(language) for language in group.split()}) == 1


def test_shards_keep_the_great_languages_apart() -> None:
    assert len({shard_of(language) for language in ("en", "fr", "es", "de", "ru", "ar", "zh", "hi", "tr", "id")}) == 10


@given(st.text(), st.text(), st.one_of(st.none(), st.text(max_size=5)))
def test_detection_never_raises_and_gives_a_code(title: str, text: str, hint: str | None) -> None:
    code = MODEL.detect(title, text, hint)
    assert code == "und" or (len(code) == 2 and code.isascii() and code.islower())


MODEL = load()
