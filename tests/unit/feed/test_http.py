"""The gateway over HTTP: documents, live streams, refusals. Real sockets, foreign parsers."""

import asyncio
import gzip
import http.client
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from feed_events import SUDAN, body, event
from serving import Served, served

from streams.errors import ConfigError
from streams.feed import documents, server
from streams.feed.guard import tokens
from streams.settings import Settings


def fill(site: Served, count: int, **changes: object) -> None:
    site.do(lambda: [site.gateway.receive(0, number, body(number, **changes)) for number in range(count)])


def ids(answer: Any) -> list[int]:
    return [int(each["id"], 16) for each in orjson.loads(answer.body)["events"]]


def number(message: Any) -> int:
    return int(orjson.loads(message.data)["id"], 16)


def test_events_come_newest_first_in_pages() -> None:
    with served() as site:
        fill(site, 5)
        first = site.request("/events.json?limit=3")
        second = site.request(f"/events.json?limit=3&before={orjson.loads(first.body)['next']}")
        assert (ids(first), ids(second), orjson.loads(second.body)["next"]) == ([4, 3, 2], [1, 0], None)


def test_a_document_has_only_what_the_filters_let_through() -> None:
    with served() as site:
        fill(site, 2)
        site.receive(0, 2, body(2, conflicts=(), language="fr", places=(SUDAN,)))
        assert ids(site.request("/events.json?conflict=309")) == [1, 0]
        assert ids(site.request("/events.json?language=fr&country=SD")) == [2]
        assert ids(site.request("/events.json?place=13.6,25.3&radius=10")) == [1, 0]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("contry=SD", "contry"), ("country=Poland", "country"), ("country=", "country"), ("conflict=x", "conflict"),
        ("status=duplicate", "status"), ("min_score=2", "min_score"), ("place=1,2", "radius"), ("q=", "q"),
    ],
)  # fmt: skip
def test_a_filter_that_is_none_never_gives_the_unfiltered_stream(query: str, parameter: str) -> None:
    with served() as site:
        fill(site, 1)
        for path in ("/events", "/events.json", "/feed.json", "/feed.atom", "/feed.rss", "/events.geojson"):
            answer = site.request(f"{path}?{query}")
            problem = orjson.loads(answer.body)
            assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
            assert problem["parameter"] == parameter
            assert "allowed" in problem["detail"] or "missing" in problem["detail"] or "needs" in problem["detail"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=1&limit=2", "limit=%C2%B2", "before=x", "last_event_id=0.1"]
)
def test_a_page_that_is_none_is_refused(query: str) -> None:
    with served() as site:
        assert site.request(f"/events.json?{query}").status == 400


def test_a_document_is_sent_again_only_when_it_has_changed() -> None:
    with served() as site:
        fill(site, 1)
        first = site.request("/feed.atom")
        assert first.headers["cache-control"] == "public, max-age=10"
        tag = first.headers["etag"]
        again = site.request("/feed.atom", If_None_Match=f'"other", {tag}')
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        site.receive(0, 1, body(1))
        assert site.request("/feed.atom", If_None_Match=tag).status == 200


def test_documents_are_compressed_for_readers_who_can() -> None:
    with served() as site:
        fill(site, 20)
        packed = site.request("/events.json", Accept_Encoding="gzip")
        assert packed.headers["content-encoding"] == "gzip"
        whole = site.request("/events.json", Accept_Encoding="br, gzip;q=0")
        assert (gzip.decompress(packed.body), "content-encoding" in whole.headers) == (whole.body, False)


def test_a_search_that_costs_too_much_ends_its_page_early_and_goes_on_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "_MOST", 1000)
    with served() as site:
        fill(site, 10, text="market " * 30)
        site.receive(0, 10, body(10, text="needle", emitted_at=event(2).emitted_at))
        found, cursor, pages = [], "", 0
        while cursor is not None:
            answer = site.request("/events.json?q=needle" + (f"&before={cursor}" if cursor else ""))
            found, cursor, pages = found + ids(answer), orjson.loads(answer.body)["next"], pages + 1
        assert (found, pages) == ([10], 3)
        assert len(ids(site.request("/events.json?country=SD"))) == 11


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.rss", "/feed.json"])
def test_documents_name_their_hub_and_themselves(path: str) -> None:
    with served(feed_hub="https://hub.example/", feed_url="https://news.example/x/") as site:
        fill(site, 3)
        answer = site.request(f"{path}?limit=1&conflict=sudan")
        own, hub = f"https://news.example/x{path}?limit=1&conflict=sudan", "https://hub.example/"
        assert f'<{own}>; rel="self"' in answer.headers["link"]
        assert f'<{hub}>; rel="hub"' in answer.headers["link"]
        text = answer.body.decode().replace("&amp;", "&")
        assert own in text
        assert hub in text
        assert f"{own}&before=" in text


def test_one_event_with_everything() -> None:
    with served() as site:
        fill(site, 2)
        assert site.request(f"/events/{event(1).id}").body == body(1)
        assert site.request("/events/" + "f" * 32).status == 404


def test_fields_of_a_later_version_reach_the_reader() -> None:
    with served() as site:
        site.receive(0, 0, body(0)[:-1] + b',"later":1}')
        assert orjson.loads(site.request(f"/events/{event(0).id}").body)["later"] == 1


def test_an_event_with_line_breaks_stays_one_message() -> None:
    with served() as site, site.live() as messages:
        site.receive(0, 0, body(0).replace(b',"', b',\n"'))
        assert number(next(messages)) == 0


def test_a_live_stream_begins_now_and_resumes_where_it_ended() -> None:
    with served() as site:
        fill(site, 3)
        with site.live() as messages:
            site.receive(0, 3, body(3))
            message = next(messages)
            assert number(message) == 3
        for late in (4, 5):
            site.receive(0, late, body(late))
        with site.live(Last_Event_ID=message.id) as messages:
            site.receive(0, 6, body(6))
            assert [number(next(messages)) for _ in range(3)] == [4, 5, 6]
        with site.live("/events?last_event_id=0.2") as messages:
            assert [number(next(messages)) for _ in range(5)] == [2, 3, 4, 5, 6]


def test_a_reader_goes_on_at_another_gateway_that_is_behind() -> None:
    with served() as one, served() as other:
        fill(one, 3)
        with one.live(Last_Event_ID="0.0") as messages:
            seen = [next(messages) for _ in range(2)]
        fill(other, 1)
        with other.live(Last_Event_ID=seen[-1].id) as messages:
            for late in (1, 2, 3):
                other.receive(0, late, body(late))
            assert [number(message) for message in seen] == [0, 1]
            assert [number(next(messages)) for _ in range(2)] == [2, 3]


def test_filters_hold_for_what_was_missed_and_for_what_comes() -> None:
    with served() as site:
        fill(site, 2)
        site.receive(0, 2, body(2, language="fr"))
        with site.live("/events?language=fr", Last_Event_ID="0.0") as messages:
            site.receive(0, 3, body(3))
            site.receive(0, 4, body(4, language="fr"))
            assert [number(next(messages)) for _ in range(2)] == [2, 4]


@pytest.mark.parametrize("standing", ["0.0", "7.3", "0.99999999"])
def test_a_reader_who_may_have_missed_something_is_told(standing: str) -> None:
    with served(feed_items=10) as site:
        fill(site, 30)
        with site.live(Last_Event_ID=standing) as messages:
            first = next(messages)
            assert first.event == "gap"
            assert [number(next(messages)) for _ in range(10)] == [*range(20, 30)]


@pytest.mark.parametrize("standing", ["x", "1", "0.1;", "0.1-", "0.1.2"])
def test_an_id_that_is_none_is_refused(standing: str) -> None:
    with served() as site:
        assert site.request("/events", Last_Event_ID=standing).status == 400


def test_idle_readers_hear_that_the_connection_lives_and_where_they_stand() -> None:
    with served(feed_heartbeat=0.1) as site:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
        connection.request("GET", "/events?language=fr")
        response = connection.getresponse()
        site.receive(0, 0, body(0))
        heard = b""
        while b": beat\nid: 0.1\n\n" not in heard:
            heard += response.read1()
        connection.close()


def test_a_reader_who_never_reads_is_dropped() -> None:
    with served(feed_queue=20) as site, socket.create_connection(("127.0.0.1", site.port)) as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        silent.recv(1)
        for count in range(60):
            site.receive(0, count, body(count, text="x" * 100_000))
        deadline = time.monotonic() + 10
        while site.do(lambda: site.gateway.hub.size) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert site.do(lambda: site.gateway.hub.size) == 0
        assert site.gateway.metrics.registry.get_sample_value("streams_feed_dropped_clients_total") == 1


def test_a_connection_that_sends_no_whole_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.feed.server.IDLE_SECONDS", 0.3)
    with served() as site, socket.create_connection(("127.0.0.1", site.port), timeout=10) as slow:
        slow.sendall(b"GET /events.json HTTP/1.1\r\nHost: loc")
        assert slow.recv(100) == b""


def test_one_address_gets_so_many_places() -> None:
    with served(feed_clients_per_address=2) as site, site.live(), site.live():
        answer = site.request("/events.json")
        assert (answer.status, answer.headers["retry-after"]) == (429, "5")
        assert site.request("/readyz").status == 200


def test_connections_beyond_the_share_of_an_address_are_closed() -> None:
    with served() as site, ExitStack() as stack:
        idle = [socket.create_connection(("127.0.0.1", site.port), timeout=10) for _ in range(8)]
        for each in idle:
            stack.enter_context(each)
        site.do(lambda: asyncio.ensure_future(server.thin(site.runner, 5)))
        assert [each.recv(1) for each in idle[5:]] == [b""] * 3
        assert len(site.do(site.connections)) == 5


def test_behind_a_proxy_the_forwarded_address_counts() -> None:
    with served(feed_clients_per_address=1, feed_forwarded=True) as site, site.live(X_Forwarded_For="9.9.9.9, 1.1.1.1"):
        assert site.request("/events.json", X_Forwarded_For="9.9.9.9, 1.1.1.1").status == 429
        assert site.request("/events.json", X_Forwarded_For="1.1.1.1, 2.2.2.2").status == 200


def test_so_many_live_readers_and_no_more() -> None:
    with served(feed_clients=1) as site, site.live():
        assert site.request("/events").status == 503
        assert site.request("/events.json").status == 200


def test_until_the_window_is_read_nobody_gets_a_part_of_it() -> None:
    with served(loading=True) as site:
        assert [site.request(path).status for path in ("/events", "/events.json", "/readyz")] == [503] * 3
        assert site.request("/livez").status == 200
        site.do(site.gateway.complete)
        assert [site.request(path).status for path in ("/events.json", "/readyz")] == [200] * 2


def test_tokens_keep_strangers_out() -> None:
    with served(feed_tokens="alpha, beta") as site:
        for path in ("/events", "/events.json", "/feed.atom", "/events/" + "0" * 32, "/openapi.json", "/filters.json"):
            answer = site.request(path, Authorization="Bearer gamma")
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert site.request("/events.json").status == 401
        assert site.request("/events.json", Authorization="Basic beta").status == 401
        answer = site.request("/events.json", Authorization="Bearer beta")
        assert (answer.status, answer.headers["cache-control"]) == (200, "private, max-age=10")
        assert [site.request(path).status for path in ("/", "/livez", "/readyz")] == [200] * 3


def test_tokens_come_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("one\n\ntwo\n", encoding="utf-8")
    assert tokens(Settings(feed_tokens="three", feed_tokens_file=file)) == (b"three", b"one", b"two")
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no token"):
        tokens(Settings(feed_tokens_file=file))
    with pytest.raises(ConfigError, match="STREAMS_FEED_TOKENS_FILE"):
        tokens(Settings(feed_tokens_file=tmp_path / "none"))


def test_changed_tokens_count_from_the_next_request_on(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("one\n", encoding="utf-8")

    def status(token: str) -> int:
        return int(site.request("/events.json", Authorization=f"Bearer {token}").status)

    with served(feed_tokens_file=file) as site:
        assert (status("one"), status("two")) == (200, 401)
        (tmp_path / "new").write_text("two\n", encoding="utf-8")
        (tmp_path / "new").rename(file)
        assert (status("one"), status("two")) == (401, 200)
        file.write_text("", encoding="utf-8")
        assert (status("one"), status("two")) == (401, 200)


def test_a_strange_host_name_is_refused_on_loopback() -> None:
    with served(feed_url="https://news.example") as site:
        assert site.request("/events.json", Host="evil.example").status == 421
        assert [
            site.request("/events.json", Host=host).status for host in ("localhost:1", "[::1]:1", "news.example")
        ] == [200] * 3


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /events.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff", 401),
        (b"GET /events.json HTTP/1.1\r\nHost: \xff", 421),
        (b"GET /events.json HTTP/1.1\r\nHost: <b>", 421),
        (b"GET /events?q=%ff%00%ed%a0%80 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a", 400),
        (b"GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\nLast-Event-ID: \xff", 400),
        (b"GET /page/..%2fapp.py HTTP/1.1\r\nHost: localhost", 404),
        (b"GET /events.json HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000, 400),
        (b"no request at all", 400),
    ],
)
def test_odd_bytes_are_refused_and_break_nothing(head: bytes, status: int) -> None:
    with served(feed_tokens="a") as site, socket.create_connection(("127.0.0.1", site.port), timeout=10) as odd:
        odd.sendall(head + b"\r\n\r\n")
        assert int(odd.recv(100).split()[1]) == status
        assert site.request("/livez").status == 200


def test_pages_of_other_origins_may_read_only_when_told() -> None:
    with served() as site:
        answer = site.request("/events.json", Origin="https://a.example")
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert (
            site.request(
                "/events.json", "OPTIONS", Origin="https://a.example", Access_Control_Request_Method="GET"
            ).status
            == 405
        )
    with served(feed_origins="https://a.example,https://b.example") as site:
        answer = site.request("/events.json", Origin="https://b.example")
        assert (answer.headers["access-control-allow-origin"], "Origin" in answer.headers["vary"]) == (
            "https://b.example",
            True,
        )
        assert "access-control-allow-origin" not in site.request("/events.json", Origin="https://c.example").headers
        asked = site.request("/events", "OPTIONS", Origin="https://a.example", Access_Control_Request_Method="GET")
        assert (asked.status, "Last-Event-ID" in asked.headers["access-control-allow-headers"]) == (204, True)


def test_every_answer_forbids_scripts_of_others() -> None:
    with served() as site:
        for path in ("/", "/events.json", "/nothing", "/events.json?x=1"):
            headers = site.request(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
def test_only_get_is_answered_on_a_live_stream(method: str) -> None:
    with served() as site:
        answer = site.request("/events", method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET")


def test_records_that_are_not_for_the_feed_are_counted_and_passed_over() -> None:
    with served() as site:
        for offset, value in enumerate([b"{}", b"", body(0, status="duplicate"), body(1), body(1)]):
            site.receive(0, offset, value)
        counts = {
            outcome: site.gateway.metrics.registry.get_sample_value("streams_feed_events_total", {"outcome": outcome})
            for outcome in ("unreadable", "duplicate", "served", "repeated")
        }
        assert counts == {"unreadable": 2, "duplicate": 1, "served": 1, "repeated": 1}
        assert site.gateway.window.standing == {0: 5}


def test_old_news_played_again_is_not_fed_unless_wanted() -> None:
    old = body(0).replace(b'"backfill":false', b'"backfill":true')
    for wanted, expected in ((False, []), (True, [0])):
        with served(feed_backfill=wanted) as site:
            site.receive(0, 0, old)
            assert ids(site.request("/events.json")) == expected


def test_feeds_show_a_story_once_in_its_latest_form() -> None:
    with served() as site:
        fill(site, 2)
        site.receive(0, 2, body(2, story_id=event(0).story_id, status="revision", title="Corrected"))
        titles = [item["title"] for item in orjson.loads(site.request("/feed.json").body)["items"]]
        assert titles == ["Corrected", event(1).title]
        assert ids(site.request("/events.json")) == [2, 1, 0]
