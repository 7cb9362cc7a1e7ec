"""The report of licences: what may be shipped and what may not."""

from typing import Any

import pytest

from tools import licences


def component(*declared: str) -> dict[str, Any]:
    return {"name": "part", "version": "1", "licenses": [{"license": {"name": one}} for one in declared]}


@pytest.mark.parametrize(
    "licence", ["MIT", "Apache-2.0 OR GPL-2.0-only", "MPL-2.0 AND (Apache-2.0 OR MIT)", "BSD License"]
)
def test_what_may_be_shipped(licence: str) -> None:
    assert licences.problem(component(licence)) == ""


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "AGPL-3.0", "LGPL-2.1", "MIT AND GPL-2.0-only",
                                     "GNU General Public License v2 (GPLv2)", "SSPL-1.0"])  # fmt: skip
def test_what_may_not(licence: str) -> None:
    assert licence in licences.problem(component("MIT", licence))


def test_a_part_without_a_licence_is_a_problem() -> None:
    assert licences.problem({"name": "part"}) == "it declares no licence"


def test_every_part_has_a_line() -> None:
    sbom = {"components": [component("MIT") | {"name": "b"}, {"name": "a", "licenses": [{"expression": "0BSD"}]}]}
    assert [line.split()[0] for line, _ in licences.report(sbom)] == ["a", "b"]
