"""Rules files: every mistake is named with file and line, and none lets more through than was meant."""

from datetime import timedelta
from pathlib import Path

import pytest

from streams import alerts, conflict
from streams.alerts import lines
from streams.errors import ConfigError
from streams.text.fold import fold_name

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DESK = f'[[receiver]]\nname = "desk"\nkind = "webhook"\nurl = "https://desk.example/h"\nsecrets = ["{SECRET}"]\n'
RULE = '[[rule]]\nname = "r"\nwhen = "each"\nreceivers = ["desk"]\nfilter = { conflict = "sudan" }\n'


def load(folder: Path, text: str) -> alerts.RuleSet:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return alerts.load(path, {"sudan", "309", "syria"})


def receiver(text: str) -> str:
    """Return a rules file with a receiver that begins in line 6 and ends with this text."""
    return DESK + '[[receiver]]\nname = "x"\n' + text + "\n" + RULE


def rule(text: str, when: str = "each", filter: str = 'filter = { conflict = "sudan" }') -> str:
    """Return a rules file whose rule begins in line 6 and ends with this text from line 11 on."""
    return f'{DESK}[[rule]]\nname = "r"\nwhen = "{when}"\nreceivers = ["desk"]\n{filter}\n{text}\n'


BAD = [
    # what is no TOML
    ("[[rule]\n", "1: Expected ']]'"),
    ("x = \n", "1: Invalid value"),
    ('a = 1\na = 2\n', "2: Cannot overwrite a value"),
    # the file
    ("", "1: there is no [[rule]]"),
    (DESK, "1: there is no [[rule]]"),
    (f"{DESK}{RULE}\n[[rules]]\n", "12: rules: no such key; did you mean rule?"),
    ('language = "de"\n' + DESK + RULE, "1: language: 'de' is none; allowed: en, fr, ar, uk, es"),
    ('zone = "Kyiv"\n' + DESK + RULE, "1: zone: 'Kyiv' is no time zone"),
    ("rule = 5\n", "1: rule: write [[rule]]"),
    ("[rule]\nname = 'r'\n", "1: rule: write [[rule]]"),
    # names
    ("[[receiver]]\nkind = 'apprise'\n" + RULE, "1: receiver 1: name is missing"),
    (DESK + DESK + RULE, "7: receiver 'desk': name: it stands twice, first in line 1"),
    (DESK + RULE + RULE, "12: rule 'r': name: it stands twice, first in line 6"),
    (rule("").replace('"r"', '"a b"'), "7: rule 'a b': name: 'a b': at most 60 letters"),
    (rule("").replace('"r"', '""'), "7: rule 1: name: a text is needed, not ''"),
    # receivers
    (receiver(""), "6: receiver 'x': kind is missing"),
    (receiver('kind = "slack"'), "8: receiver 'x': kind: 'slack' is none; allowed: webhook, alertmanager, pagerduty"),
    (receiver('kind = "webhook"\nsecrets = []'), "6: receiver 'x': url is missing"),
    (receiver('kind = "webhook"\nurl = "https://a.example"'), "6: receiver 'x': secrets is missing"),
    (receiver('kind = "webhook"\nurl = "https://a.example"\nsecrets = []'), "10: receiver 'x': secrets: at least one"),
    (receiver('kind = "webhook"\nurl = "https://a.example"\nsecrets = ["x"]'), "10: receiver 'x': secrets: number 1"),
    (receiver('kind = "webhook"\nurl = "https://a.example"\nsecrets = ["whsec_c2hvcnQ="]'), "24 to 64 bytes"),
    (receiver(f'kind = "webhook"\nurl = "http://a.example"\nsecrets = ["{SECRET}"]'), "9: receiver 'x': url: https is"),
    (receiver(f'kind = "webhook"\nurl = "ftp://a.example"\nsecrets = ["{SECRET}"]'), "9: receiver 'x': url: an"),
    (receiver('kind = "webhook"\nurl = "https://u:p@a.example"'), "9: receiver 'x': url: user, password"),
    (receiver('kind = "webhook"\nurl = "file:nowhere.txt"'), "9: receiver 'x': url: "),
    (receiver('kind = "alertmanager"\nurl = "http://am:9093"\nsecrets = []'), "secrets: is only for kind"),
    (receiver('kind = "alertmanager"\nurl = "http://am:9093"\nrate = 0'), "10: receiver 'x': rate: a whole"),
    (receiver('kind = "alertmanager"\nurl = "http://am:9093"\nprivate = 1'), "private: true or false is needed, not 1"),
    (receiver('kind = "pagerduty"'), "6: receiver 'x': routing_key is missing"),
    (receiver('kind = "apprise"\nurl = "mail"'), "9: receiver 'x': url: an Apprise address"),
    (receiver('kind = "apprise"\nurl = "tgram://x"\ntimeout = "10"'), "10: receiver 'x': timeout: a stretch of time"),
    # rules
    (rule("", when="always"), "8: rule 'r': when: 'always' is none; allowed: each, first, surge, silence, sources"),
    (rule('severty = "info"'), "11: rule 'r': severty: no such key; did you mean severity?"),
    (rule('severity = "high"'), "11: rule 'r': severity: 'high' is none; allowed: info, warning, critical"),
    (rule("").replace('["desk"]', '["dsek"]'), "9: rule 'r': receivers: there is no receiver 'dsek'; there are: desk"),
    (rule("").replace('["desk"]', '"desk"'), "9: rule 'r': receivers: a list of texts is needed"),
    (rule("ratio = 2"), '11: rule \'r\': ratio: is only for when = "surge"'),
    (rule('within = "1h"'), "within: is only for when = \"first\" or \"silence\" or \"sources\""),
    (rule('repeat = "often"'), "11: rule 'r': repeat: a stretch of time such as 90s, 15m, 6h or 30d"),
    (rule("repeat = 60"), "11: rule 'r': repeat: a stretch of time"),
    (rule('repeat = "500d"'), "11: rule 'r': repeat: 500d: at least 1s and at most 400d"),
    (rule('digest = "5s"'), "11: rule 'r': digest: 5s: at least 60s"),
    (rule('valid_until = 2027-01-01T00:00:00'), "11: rule 'r': valid_until: a time with its offset"),
    (rule('valid_until = 2027-01-01'), "11: rule 'r': valid_until: a time with its offset"),
    (rule('group_by = ["war"]'), "11: rule 'r': group_by: 'war' is none; allowed: story, conflict, country"),
    (rule("group_by = []"), "11: rule 'r': group_by: at least one word"),
    (rule('group_by = ["story"]', when="first"), "11: rule 'r': group_by: first cannot be told of one story"),
    (rule("at_least = 1", when="surge"), "11: rule 'r': at_least: a whole number from 2"),
    (rule("ratio = 0.5", when="surge"), "11: rule 'r': ratio: a number from 1 to 1000 is needed, not 0.5"),
    (rule("chance = 2", when="surge"), "11: rule 'r': chance: a number from 1e-12 to 0.5 is needed, not 2"),
    (rule('within = "2h"\nbaseline = "1h"', when="surge"), "12: rule 'r': baseline: 1h: at least 7200s"),
    (rule("", when="silence"), "6: rule 'r': within is missing"),
    (rule('within = "1h"\ngroup_by = ["story"]', when="silence"), "12: rule 'r': group_by: a silence is of"),
    (rule('within = "1h"', when="silence", filter='filter = { language = "uk" }'), "6: rule 'r': group_by is missing"),
    (rule("", when="sources"), "6: rule 'r': at_least is missing"),
    (rule('at_least = 2\ncounting = "copies"', when="sources"), "12: rule 'r': counting: 'copies' is none"),
    (rule('at_least = 2\ncounting = "reports"\ngroup_by = ["story"]', when="sources"), "13: rule 'r': group_by:"),
    # scopes fail closed
    (rule("", filter=""), "6: rule 'r': filter is missing; for all events write everything = true"),
    (rule("", filter="filter = {}"), "10: rule 'r': filter: filter is missing"),
    (rule("", filter='filter = "sudan"'), "10: rule 'r': filter: a table is needed, not 'sudan'"),
    (rule("everything = true"), "11: rule 'r': everything: either this or a filter"),
    (rule("[rule.filter]\nconflcit = 'sudan'", filter=""), "12: rule 'r': filter: conflcit: no such filter"),
    (rule("[rule.filter]\nconflict = 'sudna'", filter=""), "12: rule 'r': filter: conflict: 'sudna' is none; did you"),
    (rule("[rule.filter]\ncountry = 'XX'", filter=""), "12: rule 'r': filter: country: 'XX' is none"),
    (rule("[rule.filter]\nconflict = []", filter=""), "12: rule 'r': filter: conflict: a value is missing"),
    (rule("[rule.filter]\nconflict = 'sudan'\nmin_score = 7", filter=""), "13: rule 'r': filter: min_score: '7'"),
    (rule("[rule.filter]\nplace = '15, 32'", filter=""), "rule 'r': filter: radius: place needs radius"),
    # quiet hours
    (rule('[rule.quiet]\nfrom = "22:00"'), "11: rule 'r': quiet: to is missing"),
    (rule('[rule.quiet]\nfrom = "10pm"\nto = "07:00"'), "12: rule 'r': quiet: from: a time of the day such as 22:00"),
    (rule('[rule.quiet]\nfrom = "22:00"\nto = "22:00"'), "13: rule 'r': quiet: to: it ends when it begins"),
    (rule('[rule.quiet]\nfrom = "22:00"\nto = "07:00"\nzone = "CEST+2"'), "14: rule 'r': quiet: zone: 'CEST+2'"),
    (rule('[rule.quiet]\nfrom = "22:00"\nto = "07:00"\nunless = "loud"'), "14: rule 'r': quiet: unless: 'loud'"),
    (rule('quiet = "night"'), "11: rule 'r': quiet: a table is needed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD, ids=[message[:60] for _, message in BAD])
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    where = f"{tmp_path}/rules.toml:"
    assert str(caught.value).startswith(where)
    assert message in str(caught.value).removeprefix(where)


def test_there_are_enough_mistakes_and_every_line_is_tried() -> None:
    assert len(BAD) >= 40
    assert len({text for text, _ in BAD}) == len(BAD)


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    shown = repr(load(tmp_path, DESK + RULE))
    assert "MfKQ9" not in shown
    assert "desk.example" not in shown
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, receiver('kind = "webhook"\nurl = "https://u:hunter2@a.example"'))
    assert "hunter2" not in str(caught.value)


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    assert load(tmp_path, (DESK + RULE).replace(SECRET, "file:key")).receivers["desk"].secrets == (SECRET,)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        alerts.load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"bytes\.toml: not UTF-8 at byte 0"):
        alerts.load(tmp_path / "bytes.toml")


def test_defaults_are_those_of_the_condition(tmp_path: Path) -> None:
    (first,) = load(tmp_path, rule("", when="first")).rules
    assert (first.within, first.learn, first.group_by) == (timedelta(30), timedelta(30), ("conflict", "country"))
    (silence,) = load(tmp_path, rule('within = "2h"', when="silence")).rules
    assert (silence.group_by, silence.learn, silence.at_least) == (("conflict",), timedelta(hours=2), 5)


def test_the_example_that_ships_is_valid() -> None:
    registry = conflict.load(fold_name)
    known = {*registry.conflicts, *(str(one.ucdp) for one in registry.conflicts.values())}
    rules = alerts.load(Path(alerts.__file__).with_name("example.toml"), known)
    assert {one.when for one in rules.rules} == {"each", "first", "surge", "silence", "sources"}


ROOT = Path(__file__).resolve().parent.parent.parent.parent


RULES = [
    ROOT / "deploy" / "compose" / "alerts.toml",
    ROOT / "deploy" / "kubernetes" / "components" / "alerts" / "rules.toml",
]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.parent.name)
def test_the_rules_of_deployments_are_valid(path: Path) -> None:
    assert alerts.load(path).rules


def test_lines_are_found_around_strings_arrays_and_tables() -> None:
    text = (
        'a = """\nb = 1\n"""\n[c.d]\ne = [\n  { f = 1 },\n]\nf = 1\n[[g]]\nh = "["\ni = 2\n[[g]]\nh = 1\n[g.j]\nk = 1\n'
        '"l.m" = 1\n'
    )
    found = lines.index(text)
    assert ("b",) not in found
    assert (found["a",], found["c", "d", "e"], found["c", "d", "f"]) == (1, 5, 8)
    assert (found["g", 0, "h"], found["g", 0, "i"], found["g", 1, "h"], found["g", 1, "j", "k"]) == (10, 11, 13, 15)
    assert lines.line_of(found, ("g", 1, "j", "none")) == 14


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = " + "[" * 4000, "nested too deeply"),
        (
            DESK.replace("https://desk.example/h", "https://[desk"),
            ":4: receiver .desk.: url: no address: Invalid IPv6 URL",
        ),
        ("a." * 3000 + "a = 1", ":1: a line of 6005 characters, at most 4096"),
        ("# rule\n" * 50_000, "350000 characters, at most 262144"),
    ],
)
def test_a_file_that_nobody_wrote_by_hand_is_refused_at_once(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, text)
