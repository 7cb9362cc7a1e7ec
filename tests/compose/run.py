"""Bring up docker-compose.yml and deploy/compose/ for real, send items through, break things, check the account.

    python tests/compose/run.py [single] [cluster] [secure]      all of them by default
    python tests/compose/run.py short        two minutes; where no engine runs it says so and is left out
    python tests/compose/run.py twice        build the image two times from nothing: every file must be the same

Uses `$COMPOSE` (default: `docker compose`) and projects, volumes and ports of its own; takes everything down again
whatever happens. Standard library only. Exit code 1 with the reason and the last log lines when something is wrong.
"""

import itertools
import json
import sys
import time
from collections.abc import Callable
from functools import partial

from project import ROOT, SAMPLES, Project, expect, no_engine, say, taken_down, until

DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
FILES = ("docker-compose.yml", "deploy/compose/{}.yml")
IMAGE_BYTES = 450_000_000
ITEMS = 5000


def check_hardening(project: Project) -> None:
    """Nothing is open to other machines, and a worker can change nothing in its container."""
    for container in project.containers():
        open_to = {port["URL"] for port in container.get("Publishers") or () if port["PublishedPort"]}
        expect(open_to <= {"127.0.0.1"}, f"{container['Service']} is open to {open_to}")
    script = "id -u; touch /opt/streams/x 2>/dev/null && echo writable; grep -i ^capeff /proc/self/status; which gcc cc"
    lines = project.run("exec", "-T", "worker", "sh", "-c", f"{script}; true").split()
    expect(
        lines == ["10001", "CapEff:", "0000000000000000"],
        f"the worker's container is not hardened: {lines}",
    )


def check_monitoring(project: Project) -> None:
    """Rules are loaded, do what their tests say, and every panel of the dashboards has something to show."""
    project.run("exec", "-T", "prometheus", "promtool", "test", "rules", "/etc/prometheus/rules.test.yml")
    rules = [rule for group in project.prometheus_api("rules")["groups"] for rule in group["rules"]]
    expect(len(rules) > 5 and all(rule["health"] != "err" for rule in rules), f"rules: {rules}")
    panels = [panel for file in DASHBOARDS.glob("*.json") for panel in json.loads(file.read_text("utf-8"))["panels"]]
    queries = {target["expr"].replace("$__rate_interval", "5m").replace("$__range", "30m"): panel["title"]
               for panel in panels for target in panel.get("targets", ())}  # fmt: skip
    say(f"{len(rules)} rules, {len(queries)} queries of the dashboards")
    for query, title in queries.items():
        # A rate needs two scrapes, a recorded series an evaluation.
        until(partial(project.query, query), 45, f"nothing to show in {title!r}")


def check_scaling(project: Project) -> None:
    """A second worker comes up, Prometheus finds it, both work, and the account still adds up."""
    project.run("up", "--detach", "--no-recreate", "--scale", "worker=2", "--wait", "--wait-timeout", "60")
    until(lambda: project.value('sum(up{job="streams-worker"})') == 2, 30, "Prometheus does not see both workers")
    before = project.value('count(sum by (instance) (streams_items_total{stage="enrich"}) > 0)')
    expect(before == 1, f"{before} workers had worked already")
    project.send(SAMPLES)
    project.check_ledger(2 * len(SAMPLES))
    until(lambda: project.value('count(sum by (instance) (streams_items_total{stage="enrich"}) > 0)') == 2,
          30, "only one of two workers works")  # fmt: skip


def check_stopping(project: Project) -> None:
    """Up to here no alert has fired; workers that are asked to stop finish within ten seconds and end with 0."""
    firing = [sample["metric"]["alertname"] for sample in project.query('ALERTS{alertstate="firing"}')]
    expect(not firing, f"alerts: {firing}")
    began = time.monotonic()
    project.run("stop", "worker")
    codes = [container["ExitCode"] for container in project.containers() if container["Service"] == "worker"]
    say(f"both workers stopped in {time.monotonic() - began:.1f} s with {codes}")
    expect(codes == [0, 0], "exit codes should be 0")
    until(
        lambda: project.query('ALERTS{alertname="StreamsNoWorker", alertstate="firing"}'), 150, "nobody is told of it"
    )
    say("StreamsNoWorker fires")


def build() -> None:
    """Build the image once, for all of them."""
    say("building the image (a minute or two the first time)")
    project = Project("build")
    project.run("build", "worker", seconds=900)


def single() -> None:
    """One broker, one worker, then two, then one again: everything there is but one of is killed and cut off."""
    with taken_down(Project("single", FILES[0], profiles=("feed", "alerts"), service="feed")) as project:
        say("starting Kafka, topics, worker, feed, alerts, Alertmanager and Prometheus")
        project.up()
        check_hardening(project)
        check_size(project)
        say(f"sending {len(SAMPLES)} sample items")
        project.send(SAMPLES)
        project.check_ledger(len(SAMPLES))
        check_monitoring(project)
        say("a second worker")
        check_scaling(project)
        check_stopping(project)
        project.run("up", "--detach", "--no-recreate", "--scale", "worker=1", "--wait", "--wait-timeout", "60")
        break_the_only_ones(project)
        project.check_ledger(2 * len(SAMPLES) + ITEMS, 120)
        check_readers(project)


def check_size(project: Project) -> None:
    """The image is small enough."""
    images = json.loads(project.run("images", "--format", "json"))
    [size] = {image["Size"] for image in images if image["Repository"] == "streams"}
    say(f"the image has {size / 1e6:.0f} MB")
    expect(size < IMAGE_BYTES, f"more than {IMAGE_BYTES / 1e6:.0f}")


def send_through(project: Project, faults: dict[str, Callable[[], None]]) -> None:
    """Send ITEMS in equal parts, each after one more fault."""
    items, part = list(itertools.islice(itertools.cycle(SAMPLES), ITEMS)), ITEMS // len(faults)
    for number, (name, fault) in enumerate(faults.items()):
        fault()
        say(f"{name}; sending {part} items")
        project.send(items[number * part : (number + 1) * part])


def break_the_only_ones(project: Project) -> None:
    """Kill the only worker, kill the only broker, cut it off: what was sent just before is still on its way."""
    broker, worker = (named(project, service).popitem()[1] for service in ("kafka", "worker"))

    def broker_killed() -> None:
        project.docker("start", worker)
        project.docker("kill", broker)
        time.sleep(5)
        project.docker("start", broker)
        until(lambda: project.health(broker) == "healthy", 60, "the broker does not come back")

    def broker_cut_off() -> None:
        project.docker("network", "disconnect", project.network, broker)
        time.sleep(15)
        project.docker("network", "connect", "--alias", "kafka", project.network, broker)

    faults = {
        "nothing wrong yet": lambda: None,
        "killed the worker": lambda: project.docker("kill", worker),
        "the worker is back; killed the broker and started it again": broker_killed,
        "cut the broker off for 15 s": broker_cut_off,
        "nothing wrong any more": lambda: None,
    }
    send_through(project, faults)


def cluster() -> None:
    """Three brokers and three workers: a broker killed, a worker killed, a broker cut off, and nothing lost."""
    with taken_down(Project("cluster", FILES[0], FILES[1].format("cluster"), service="feed")) as project:
        say("starting three brokers, three workers, feed, alerts, Alertmanager, Prometheus")
        project.up(240)
        brokers, workers = (named(project, service) for service in ("kafka-", "worker"))
        faults = {
            "nothing wrong yet": lambda: None,
            "killed a broker": lambda: project.docker("kill", brokers["kafka-2"]),
            "killed a worker": lambda: project.docker("kill", next(iter(workers.values()))),
            "the broker is back": lambda: project.docker("start", brokers["kafka-2"]),
            "cut a broker off": lambda: project.docker("network", "disconnect", project.network, brokers["kafka-3"]),
        }
        send_through(project, faults)
        time.sleep(10)
        project.docker("network", "connect", "--alias", "kafka-3", project.network, brokers["kafka-3"])
        say("the network is whole again")
        project.check_ledger(ITEMS, 120)
        check_readers(project)


def named(project: Project, service: str) -> dict[str, str]:
    """Return the containers of the services whose names begin so, by service and, for several of one, number."""
    found = [one for one in project.containers() if one["Service"].startswith(service)]
    return {one["Service"] if service.endswith("-") else one["Name"]: one["Name"] for one in found}


def check_readers(project: Project) -> None:
    """The feed has events and Alertmanager has alerts."""
    until(lambda: len(project.get("FEED_PORT", "/events.json")["events"]) > 0, 30, "the feed is empty")
    until(lambda: len(project.get("ALERTMANAGER_PORT", "/api/v2/alerts")) > 0, 30, "Alertmanager knows nothing")
    alerts = project.get("ALERTMANAGER_PORT", "/api/v2/alerts")
    say(f"the feed has events, Alertmanager {len(alerts)} alerts")


def secure() -> None:
    """A broker with TLS, passwords and access control: every part works with the least it needs, strangers do not."""
    files = (FILES[0], FILES[1].format("secure"))
    with taken_down(Project("secure", *files, profiles=("feed", "alerts"), operator="topics")) as project:
        say("starting a secured broker, worker, feed, alerts, Alertmanager, Prometheus")
        project.up()
        break_the_only_ones(project)
        project.check_ledger(ITEMS, 120)
        check_readers(project)
        script = (
            "streams produce - </dev/null; echo $?; STREAMS_SECURITY_PROTOCOL=PLAINTEXT streams topics check; echo $?"
        )
        codes = project.run("exec", "-T", "feed", "sh", "-c", f"({script}) 2>/dev/null").split()
        expect(codes == ["1", "1"], f"a reader may write, or a stranger may read: {codes}")
        mounted = project.run("exec", "-T", "worker", "ls", "/run/secrets/streams").split()
        expect(mounted == ["ca.pem", "password"], f"the worker sees {mounted}")
        say("who may not is refused")


def short() -> None:
    """One broker and one worker, which is killed on the way."""
    with taken_down(Project("short", FILES[0])) as project:
        say("starting Kafka, topics, worker and Prometheus")
        project.up()
        check_hardening(project)
        check_size(project)
        project.send(SAMPLES * 2)
        project.docker("kill", named(project, "worker").popitem()[1])
        project.run("up", "--detach", "--no-recreate", "--wait", "--wait-timeout", "60")
        say("killed the worker and started it again")
        project.check_ledger(2 * len(SAMPLES))


def twice() -> None:
    """Two builds that share nothing give the same files."""
    project, sums = Project("twice"), []
    shown = "find /opt/streams -type f | sort | xargs sha256sum"
    for number in range(2):
        say(f"build {number + 1} of 2")
        tag = f"{project.name}:{number}"
        project.docker(
            "build", "--no-cache", "--network", "host", "-f", "deploy/Dockerfile", "-t", tag, ".", seconds=900
        )
        sums.append(project.docker("run", "--rm", "--entrypoint", "sh", tag, "-c", shown).splitlines())
        project.docker("rmi", tag)
    other = [line.split()[1] for line in set(sums[0]) ^ set(sums[1])]
    expect(not other, f"{len(other)} files differ: {sorted(other)[:5]}")
    say(f"all {len(sums[0])} files are the same")


def main() -> None:
    """Run what is asked for, by default everything."""
    kinds = {"single": single, "cluster": cluster, "secure": secure, "short": short, "twice": twice}
    wanted = sys.argv[1:] or ["single", "cluster", "secure"]
    if wanted == ["short"] and (missing := no_engine()):
        print(f"left out what needs containers: {missing}")
        return
    build()
    for kind in wanted:
        kinds[kind]()
    say("all is well")


if __name__ == "__main__":
    main()
