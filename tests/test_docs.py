"""The documents say what the code does: schemas current, settings and commands and metrics listed, links alive."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from streams import codec, settings
from streams.metrics import AlertMetrics, FeedMetrics, Metrics
from streams.samples import items
from tools import manual, schemas

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "deploy").glob("**/*.md")])


@pytest.mark.parametrize("name", sorted(schemas.documents()))
def test_schemas_are_current(name: str) -> None:
    assert (schemas.FOLDER / name).read_text(encoding="utf-8") == schemas.documents()[name], "run `make schemas`"


def test_types_are_current() -> None:
    assert schemas.TYPES.read_text(encoding="utf-8") == schemas.types(), "run `make schemas`"


def test_every_good_sample_is_valid_by_the_raw_schema() -> None:
    validator = jsonschema.Draft202012Validator(schemas.raw_schema())
    for line in items():
        try:
            codec.decode_raw(line)
        except codec.PoisonMessage:
            continue
        validator.validate(json.loads(line.removeprefix(b"\xef\xbb\xbf")))


def test_the_manual_page_is_current() -> None:
    assert manual.PAGE.read_text(encoding="utf-8") == manual.page(), "run `make manual`"


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_has_its_row() -> None:
    page = _text("docs/operations.md")
    assert [name for name, *_ in settings.table(settings.Settings()) if f"`{name}`" not in page] == []


def test_every_metric_has_its_row() -> None:
    page = _text("docs/operations.md")
    names = [metric.name for each in (Metrics(), FeedMetrics(), AlertMetrics()) for metric in each.registry.collect()]
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    targets += re.findall(r'(?:src|srcset|href)="(?!https?:)([^"#]+)', text)
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_to_be_made_can_be_made(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE))
    asked = re.findall(r"(?:`|^    )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(asked) <= targets


def test_the_event_in_the_readme_is_a_real_one() -> None:
    blocks = re.findall(r"```json\n(.*?)```", _text("README.md"), re.DOTALL)
    events = [block for block in blocks if '"news.event/1"' in block]
    assert events
    for event in events:
        jsonschema.Draft202012Validator(json.loads(schemas.documents()["event.json"])).validate(json.loads(event))
        codec.decode_event(event.encode())


def test_every_threat_names_a_test_that_is_there() -> None:
    rows = [line for line in _text("docs/security.md").splitlines() if line.startswith("| ") and "::test_" in line]
    assert len(rows) > 15
    for row in rows:
        file = ""
        for name in re.findall(r"`((?:tests/[\w/.]+::)?test_\w+)`", row.rpartition("|")[0].rpartition(" | ")[2]):
            path, _, function = name.rpartition("::")
            file = path or file
            assert f"def {function}(" in _text(file), f"{file}::{function}"
