"""The files for Kubernetes agree with the code and with each other; `run.py` validates them against the schemas."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from streams import __version__, settings
from streams.notify import rulebook
from streams.settings import Settings
from tools import kubernetes

FOLDER = Path(__file__).resolve().parent.parent.parent / "deploy" / "kubernetes"


def read(path: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all((FOLDER / path).read_text(encoding="utf-8")) if one]


def literals(path: str) -> dict[str, str]:
    [kustomization] = read(path)
    lines = [line for made in kustomization.get("configMapGenerator", ()) for line in made["literals"]]
    return dict(line.split("=", 1) for line in lines)


BASE = literals("base/kustomization.yaml")
PRODUCTION = BASE | literals("overlays/production/kustomization.yaml")
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"]
    for file in ("base/worker.yaml", "base/feed.yaml", "components/alerts/alerts.yaml")
    for one in read(file)
    if one["kind"] in ("Deployment", "StatefulSet")
}


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
