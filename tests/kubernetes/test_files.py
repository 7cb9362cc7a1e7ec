"""The files for Kubernetes agree with the code and with each other; `run.py` validates them against the schemas."""

import ipaddress
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams import __version__, addresses, settings
from streams.metrics import Metrics
from streams.notify import rulebook
from streams.settings import Settings
from tools import kubernetes

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "deploy" / "kubernetes"


def read(path: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all((FOLDER / path).read_text(encoding="utf-8")) if one]


def named(kind: str, name: str, path: str) -> dict[str, Any]:
    """Return the `spec` of an object."""
    [spec] = [one["spec"] for one in read(path) if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return spec  # type: ignore[no-any-return]


def figure(page: str, pattern: str) -> float:
    """Return a measured figure from a page of the documentation, the largest when it was measured more than once."""
    found = re.findall(pattern, (ROOT / "docs" / page).read_text(encoding="utf-8"))
    return max(float(number.replace(",", "")) for number in found)


def bytes_of(quantity: str) -> int:
    return int(quantity[:-2]) << {"Mi": 20, "Gi": 30}[quantity[-2:]]


def literals(path: str) -> dict[str, str]:
    [kustomization] = read(path)
    lines = [line for made in kustomization.get("configMapGenerator", ()) for line in made["literals"]]
    return dict(line.split("=", 1) for line in lines)


BASE = literals("base/kustomization.yaml")
PRODUCTION = BASE | literals("overlays/production/kustomization.yaml")
FILES = {"worker": "base/worker.yaml", "feed": "base/feed.yaml", "alerts": "components/alerts/alerts.yaml"}
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"]
    for file in FILES.values()
    for one in read(file)
    if one["kind"] in ("Deployment", "StatefulSet")
}
PRODUCTION_PODS = {name: read(f"overlays/production/{name}.yaml")[0]["spec"]["template"]["spec"] for name in FILES}


@pytest.mark.parametrize("name", sorted(kubernetes.documents()))
def test_what_follows_from_the_code_is_current(name: str) -> None:
    assert (kubernetes.FOLDER / name).read_text(encoding="utf-8") == kubernetes.documents()[name], (
        "run `make kubernetes`"
    )


@pytest.mark.parametrize("environ", [BASE, PRODUCTION], ids=["base", "production"])
def test_settings_are_those_of_the_code(environ: dict[str, str]) -> None:
    # Secrets are files of the pod, which are not here.
    read_ = settings.read({name: value for name, value in environ.items() if not name.endswith("PASSWORD_FILE")})
    assert read_.session_timeout > 30


def test_production_has_as_many_partitions_as_its_topics_and_no_more_workers() -> None:
    [scaled] = read("components/keda/worker.yaml")
    assert int(PRODUCTION["STREAMS_PARTITIONS"]) == kubernetes.SETTINGS.partitions == scaled["spec"]["maxReplicaCount"]
    assert int(PRODUCTION["STREAMS_REPLICATION"]) == kubernetes.SETTINGS.replication


@pytest.mark.parametrize("environ", [BASE, PRODUCTION], ids=["base", "production"])
def test_the_brokers_can_be_reached(environ: dict[str, str]) -> None:
    host, _, port = environ["STREAMS_BROKERS"].partition(":")
    out = next(one for one in read("base/network.yaml") if one["metadata"]["name"] == "names-and-brokers")["spec"][
        "egress"
    ]
    [rule] = [rule for rule in out if int(port) in [one["port"] for one in rule["ports"]]]
    assert rule["to"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] == host.rpartition(".")[2]


def test_everything_is_refused_that_is_not_allowed() -> None:
    everything = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert everything in [one["spec"] for one in read("base/network.yaml")]


@pytest.mark.parametrize("name", PODS)
def test_pods_are_restricted(name: str) -> None:
    """The fields that the profile `restricted` of the Pod Security Standards asks for, and a file system that stays."""
    pod = PODS[name]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", PODS)
def test_probes_ask_for_pages_there_are_on_ports_there_are(name: str) -> None:
    [container] = PODS[name]["containers"]
    ports = {port["name"] for port in container["ports"]}
    probes = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")}
    assert {one["port"] for one in probes.values()} <= ports
    assert [one["path"] for one in probes.values()] == ["/livez", "/livez", "/readyz"]


@pytest.mark.parametrize("name", PODS)
def test_probes_ask_for_what_the_code_serves(name: str) -> None:
    code = {"worker": "worker/health.py", "feed": "feed/app.py", "alerts": "notify/server.py"}[name]
    text = (ROOT / "streams" / code).read_text(encoding="utf-8")
    [container] = PODS[name]["containers"]
    for probe in ("startup", "liveness", "readiness"):
        assert f'"{container[f"{probe}Probe"]["httpGet"]["path"]}"' in text


def test_every_setting_of_the_deployment_is_one_of_the_code() -> None:
    known = {settings.variable(name) for name in settings.rules()}
    known |= {f"{settings.variable(name)}_FILE" for name, (rule, _) in settings.rules().items() if rule.secret}
    files = [*ROOT.glob("*.yml"), *(file for file in (ROOT / "deploy").glob("**/*") if file.is_file())]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert set(re.findall(r"\bSTREAMS_[A-Z_]+[A-Z]\b", text)) <= known | {"STREAMS_COMPLETE"}, file


@pytest.mark.parametrize("name", PODS)
def test_one_pod_at_a_time_may_be_taken_away(name: str) -> None:
    budget = named("PodDisruptionBudget", name, FILES[name])
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"] == {"app.kubernetes.io/name": name}


@pytest.mark.parametrize(
    ("pods", "environ", "at_once"), [(PODS, BASE, 1), (PRODUCTION_PODS, PRODUCTION, 3)], ids=["base", "production"]
)
def test_a_worker_has_the_memory_that_was_measured(pods: dict[str, Any], environ: dict[str, str], at_once: int) -> None:
    """Asked for is its share of the partitions; it never needs more than for all of them, full of the longest texts."""
    [container] = pods["worker"]["containers"]
    ready = 1e6 * figure("operations.md", r"worker that is ready \| (\d+) MB")
    typical = 1e3 * figure("operations.md", r"an item dedup remembers \| ([\d.]+) KB")
    worst = figure("performance.md", r"memory of such an item, estimated \| ([\d,]+) bytes")
    default = settings.Settings()
    partitions, items = int(environ.get("STREAMS_PARTITIONS", default.partitions)), default.window_items
    assert bytes_of(container["resources"]["limits"]["memory"]) > ready + partitions * items * worst
    share = -(-partitions // at_once) * items * typical
    if at_once > 1:  # a small one grows into its limit
        assert bytes_of(container["resources"]["requests"]["memory"]) > ready + share


def test_lag_in_seconds_is_a_metric_of_the_workers_in_the_namespace() -> None:
    [trigger] = named("ScaledObject", "worker", "components/keda/worker.yaml")["triggers"]
    [(name, labels)] = re.findall(r"(streams_\w+)\{(.*?)\}", trigger["metadata"]["query"])
    [metric] = [metric for metric in Metrics().registry.collect() if metric.name == name]
    assert (metric.type, name.rpartition("_")[2]) == ("gauge", "seconds")
    assert labels == f'namespace="{read("base/kustomization.yaml")[0]["namespace"]}"'


def test_scaling_never_goes_below_what_is_deployed() -> None:
    [worker] = [one for one in read("overlays/production/kustomization.yaml")[0]["replicas"] if one["name"] == "worker"]
    assert named("ScaledObject", "worker", "components/keda/worker.yaml")["minReplicaCount"] == worker["count"]


def test_metrics_are_asked_for_on_ports_of_services_under_names_the_rules_know() -> None:
    rules = (ROOT / "deploy" / "prometheus" / "rules.yml").read_text(encoding="utf-8")
    monitors = {one["metadata"]["name"]: one["spec"] for one in read("components/monitoring/monitors.yaml")}
    assert monitors.keys() == PODS.keys()
    for name, monitor in monitors.items():
        [service] = [one for one in read(FILES[name]) if one["kind"] == "Service"]
        [endpoint] = monitor["endpoints"]
        assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
        [job] = [one["replacement"] for one in endpoint["relabelings"] if one["targetLabel"] == "job"]
        assert f"streams-{name}" == job
    assert set(re.findall(r'job="([\w-]+)"', rules)) <= {f"streams-{name}" for name in monitors}


def test_alerts_go_to_public_addresses_only() -> None:
    out = [to["ipBlock"] for rule in named("NetworkPolicy", "receivers", FILES["alerts"])["egress"]
           for to in rule["to"] if "ipBlock" in to]  # fmt: skip
    blocks = [(ipaddress.ip_network(one["cidr"]), [*map(ipaddress.ip_network, one["except"])]) for one in out]
    for text in ("10.1.2.3", "100.64.1.1", "127.0.0.1", "169.254.169.254", "172.20.0.1", "192.168.1.1", "fd00::1",
                 "fe80::1", "93.184.216.34", "2606:2800:220:1::1"):  # fmt: skip
        address = ipaddress.ip_address(text)
        open_ = any(address in all_ and not any(address in no for no in nots) for all_, nots in blocks)
        assert open_ == addresses.is_public(address), text


def test_workers_keep_their_names_and_have_time_to_finish() -> None:
    [container] = PODS["worker"]["containers"]
    [instance] = [one for one in container["env"] if one["name"] == "STREAMS_INSTANCE_ID"]
    assert instance["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    assert PODS["worker"]["terminationGracePeriodSeconds"] > 10


def test_the_rules_of_the_example_are_right() -> None:
    rulebook.load(Settings(), FOLDER / "components" / "alerts" / "rules.toml")


def test_the_image_is_the_one_of_this_version() -> None:
    [image] = read("base/kustomization.yaml")[0]["images"]
    assert image["newTag"] == __version__
