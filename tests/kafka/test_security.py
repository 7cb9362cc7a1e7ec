"""TLS, passwords, tokens and access control on a real broker: who gets in, who does not, and what each is told."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from oracle import header
from processes import Site
from secured import PASSWORD, Secured, allow, secured_site

from streams.kafka.acls import Permission
from streams.kafka.broker import free_port

ITEM = json.dumps({"text": "Two villages near the river were shelled overnight, the governor said."}).encode()
WAYS = ["tls", "mutual", "plain", "scram", "oauth"]


@pytest.fixture
def site(secured: Secured, tmp_path: Path) -> Iterator[Site]:
    yield from secured_site(secured, tmp_path)


def way_in(secured: Secured, way: str, user: str = "worker") -> dict[str, str]:
    return {
        "tls": lambda: secured.over_tls(),
        "mutual": lambda: secured.over_mutual_tls(user),
        "plain": lambda: secured.over_sasl("PLAIN", user),
        "scram": lambda: secured.over_sasl("SCRAM-SHA-512", user),
        "oauth": lambda: secured.over_oauth(user),
    }[way]()


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_with_the_least_permissions_works(site: Site, secured: Secured, way: str) -> None:
    allow(site, "worker", "worker")
    site.oracle.send([ITEM, b"{broken"])
    site.more = way_in(secured, way)
    worker = site.worker()
    worker.wait_ready()
    site.oracle.outcomes(2)
    site.wait_committed()
    assert worker.end() == 0
    assert [header(letter, "dlq-reason") for letter in site.oracle.read("news.dead-letters")] == ["not-json"]


RULES = '[[rule]]\nname = "all"\nwhen = "each"\neverything = true\nreceivers = []\n'


def test_alerts_with_the_least_permissions_work(site: Site, secured: Secured) -> None:
    site.oracle.send([ITEM])
    site.worker()
    site.oracle.outcomes(1)
    site.close()
    allow(site, "alerts", "worker")
    (site.folder / "rules.toml").write_text(RULES)
    site.more = way_in(secured, "scram") | {"STREAMS_ALERTS_FILE": str(site.folder / "rules.toml")}
    alerts = site.service("alerts", "run")
    alerts.wait_ready()
    with site.oracle.reader("news.alerts") as reader:
        assert any(reader.more() for _ in range(300))
    assert alerts.end() == 0


def test_alerts_that_may_not_write_end_with_the_reason(site: Site, secured: Secured) -> None:
    allow(site, "alerts", "worker", Permission("transactional-id", f"{site.name}-alerts", ("Describe",)))
    (site.folder / "rules.toml").write_text(RULES)
    site.more = way_in(secured, "scram") | {"STREAMS_ALERTS_FILE": str(site.folder / "rules.toml")}
    alerts = site.service("alerts", "run")
    assert alerts.process.wait(60) == 70
    assert "TransactionalIdAuthorizationFailed" in alerts.log.read_text().splitlines()[-1]


def refusals(secured: Secured) -> dict[str, tuple[dict[str, str], str]]:
    no_authority = {"STREAMS_SSL_CAFILE": ""}
    return {
        "an unknown authority": (secured.over_tls() | no_authority, "certificate verify failed"),
        "another host's certificate": (
            secured.settings(secured.stranger, brokers=f"127.0.0.2:{secured.stranger}", security_protocol="SSL"),
            "certificate is not valid for '127.0.0.2'",
        ),
        "no certificate of its own": (secured.settings(secured.mutual, security_protocol="SSL"), "closed"),
        "no TLS": (secured.settings(secured.tls), "closed"),
        "a wrong password": (secured.over_sasl("SCRAM-SHA-512", "worker", "guessed"), "invalid credentials"),
        "a wrong plain password": (secured.over_sasl("PLAIN", "worker", "guessed"), "Invalid username or password"),
        "an unknown user": (secured.over_sasl("SCRAM-SHA-512", "nobody"), "invalid credentials"),
        "an expired token": (secured.over_oauth("late", -600), "do not let this user in"),
        "a mechanism they do not have": (secured.over_sasl("SCRAM-SHA-256", "worker"), "UnsupportedSaslMechanism"),
    }


@pytest.mark.parametrize(
    "case",
    [
        "an unknown authority", "another host's certificate", "no certificate of its own", "no TLS", "a wrong password",
        "a wrong plain password", "an unknown user", "an expired token", "a mechanism they do not have",
    ],
)  # fmt: skip
def test_who_is_refused_is_told_why(secured: Secured, tmp_path: Path, case: str) -> None:
    more, reason = refusals(secured)[case]
    refused = Site("localhost:1", tmp_path, more=more).run("topics", "check")
    assert refused.returncode == 1
    assert reason in refused.stderr.decode()
    assert refused.stderr.count(b"\n") == 2, "the reason, the remedy, no more"


def test_the_name_is_checked_only_if_wanted(secured: Secured, tmp_path: Path) -> None:
    more = secured.settings(
        secured.stranger, brokers=f"127.0.0.2:{secured.stranger}", security_protocol="SSL", ssl_check_hostname="no"
    )
    assert b"streams topics create" in Site("localhost:1", tmp_path, more=more).run("topics", "check").stdout


def test_a_worker_that_is_refused_ends_with_the_reason(secured: Secured, tmp_path: Path) -> None:
    worker = Site("localhost:1", tmp_path, more=secured.over_sasl("PLAIN", "worker", "guessed")).worker()
    assert worker.process.wait(60) == 1
    assert "Invalid username or password" in worker.log.read_text()


@pytest.mark.parametrize("name", ["news.enriched", "-dedup-changelog"])
def test_a_worker_that_may_not_see_a_topic_says_so(site: Site, secured: Secured, name: str) -> None:
    allow(site, "worker", "worker", without=name)
    site.more = way_in(secured, "scram")
    worker = site.worker()
    assert worker.process.wait(60) == 1
    missing = f"{site.name}{name}" if name.startswith("-") else f"{site.name}.{name}"
    assert f"topics are missing: {missing};" in worker.log.read_text()
    assert "let this user see them: `streams acls worker`" in worker.log.read_text()


def test_a_worker_that_may_not_join_its_group_says_so(site: Site, secured: Secured) -> None:
    allow(site, "worker", "worker", without=site.name)
    site.more = way_in(secured, "scram")
    worker = site.worker()
    assert worker.process.wait(60) == 1
    assert f"this user may not read the group {site.name}" in worker.log.read_text()


@pytest.mark.parametrize(
    ("name", "operations"),
    [
        (".news.raw", ("Describe",)),
        (".news.items", ("Read",)),
        ("-dedup-changelog", ("Read",)),
    ],
)
def test_a_worker_that_may_not_do_all_it_must_stops(
    site: Site, secured: Secured, name: str, operations: tuple[str, ...]
) -> None:
    topic = site.name + name
    allow(site, "worker", "worker", Permission("topic", topic, operations))
    site.oracle.send([ITEM, b"{broken"])
    site.more = way_in(secured, "scram")
    worker = site.worker()
    assert worker.process.wait(60) == 70
    assert "TopicAuthorizationFailedError" in worker.log.read_text().splitlines()[-1]
    assert topic in worker.log.read_text().splitlines()[-1]


def test_a_worker_that_may_not_read_its_memory_stops(site: Site, secured: Secured) -> None:
    site.oracle.send([ITEM])
    site.worker()
    site.oracle.outcomes(1)
    site.wait_committed()
    site.close()
    allow(site, "worker", "worker", Permission("topic", f"{site.name}-dedup-changelog", ("Write",)))
    site.more = way_in(secured, "scram")
    worker = site.worker()
    assert worker.process.wait(60) == 70
    assert f"{site.name}-dedup-changelog" in worker.log.read_text().splitlines()[-1]


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_a_password_shows_nowhere(site: Site, secured: Secured, tmp_path: Path, mechanism: str) -> None:
    allow(site, "worker", "worker")
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    more = secured.over_sasl(mechanism, "worker") | {"STREAMS_LOG_LEVEL": "debug"}
    for change in ({"STREAMS_SASL_PASSWORD": f"{PASSWORD}x"}, {"STREAMS_SASL_PASSWORD_FILE": str(file)}):
        site.more = {name: value for name, value in more.items() if not name.endswith("PASSWORD")} | change
        for words in (["settings"], ["check"], ["topics", "check"]):
            done = site.run(*words)
            assert PASSWORD.encode() not in done.stdout + done.stderr
    site.oracle.send([ITEM])
    worker = site.worker()
    worker.wait_ready()
    site.oracle.outcomes(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=5) as page:
        assert PASSWORD.encode() not in page.read()
    worker.end()
    assert f"Authenticated as worker via {mechanism}" in worker.log.read_text(), "the log is at its most talkative"
    assert PASSWORD not in worker.log.read_text()


RECEIVERS = """
[[receiver]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:1/hush-path"
private = true
secrets = ["whsec_aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoISE="]
[[receiver]]
name = "pager"
kind = "pagerduty"
url = "http://127.0.0.1:1/"
private = true
routing_key = "file:routing-key"
[[receiver]]
name = "chat"
kind = "apprise"
url = "json://someone:hush-chat@127.0.0.1:1/"
[[rule]]
name = "all"
when = "each"
everything = true
receivers = ["hook", "pager", "chat"]
"""


def test_no_secret_of_alerts_and_feeds_shows(site: Site, secured: Secured) -> None:
    rules, tokens, user = site.folder / "rules.toml", site.folder / "tokens", replace(site)
    rules.write_text(RECEIVERS)
    (site.folder / "routing-key").write_text("hush-routing")
    tokens.write_text("hush-reader\n")
    for role in ("alerts", "reader"):
        allow(site, role, "teller")
    user.more = secured.over_oauth("teller") | {
        "STREAMS_LOG_LEVEL": "debug",
        "STREAMS_ALERTS_FILE": str(rules),
        "STREAMS_FEED_TOKENS": "hush-other",
        "STREAMS_FEED_TOKENS_FILE": str(tokens),
        "STREAMS_FEED_PORT": str(free_port()),
        "STREAMS_SSL_KEYPASSWORD": "hush-key",
    }
    alerts, feed = user.service("alerts", "run"), user.service("feed")
    alerts.wait_ready()
    feed.wait_ready()
    site.oracle.send([ITEM])
    site.worker()
    site.oracle.outcomes(1)
    page = Request(f"http://127.0.0.1:{user.more['STREAMS_FEED_PORT']}/events.json")
    page.add_header("authorization", "Bearer hush-reader")
    with urlopen(page, timeout=5) as answer:
        told = [answer.read()]
    for _ in range(300):
        told += [urlopen(f"http://127.0.0.1:{one.port}/metrics", timeout=5).read() for one in (alerts, feed)]
        if told[-2].count(b'answer="retry"') + told[-2].count(b'outcome="retry"') >= 3:
            break
        time.sleep(0.1)
    told += [file.read_bytes() for file in site.folder.glob("*.log")]
    for words in (["settings"], ["check"], ["alerts", "check"]):
        done = user.run(*words)
        told += [done.stdout, done.stderr]
    token = user.more["STREAMS_SASL_TOKEN_FILE"]
    assert b"all to chat: retry" in b"".join(told), "the log is at its most talkative"
    assert b"hush" not in b"".join(told)
    assert b"aHVzaC" not in b"".join(told)
    assert Path(token).read_bytes().strip().rpartition(b".")[2] not in b"".join(told)
