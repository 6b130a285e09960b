"""Alert rules and dashboard: well-formed, of metrics that exist, and explained."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from support import RunningStack

ROOT = Path(__file__).parents[1]
RULES = ROOT / "configs" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "configs" / "grafana" / "lessonstream.json"
PROMTOOL = shutil.which("promtool") or str(ROOT / ".venv" / "servers" / "promtool")

alerts = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


@pytest.mark.parametrize(
    "command",
    [["check", "rules", RULES], ["test", "rules", ROOT / "tests" / "prometheus" / "alerts_test.yml"]],
)
def test_the_rules_are_sound_and_fire_for_what_they_are_there_for(command: list[str | Path]) -> None:
    checked = subprocess.run([PROMTOOL, *command], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("alert", alerts, ids=lambda alert: alert["alert"])
def test_every_alert_is_explained(alert: dict[str, dict[str, str]]) -> None:
    document, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / document).read_text(), re.MULTILINE)
    assert anchor in [heading.lower() for heading in headings]


@pytest.mark.integration
@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda path: path.name)
def test_every_metric_that_is_asked_for_exists(stack: RunningStack, file: Path) -> None:
    answer = stack.request("GET", "/metrics", key=None)
    told = {family.name for family in text_string_to_metric_families(answer.data.decode())}
    asked = set(re.findall(r"lessonstream_[a-z_]+", file.read_text()))
    assert {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in asked} <= told


def test_the_dashboard_shows_every_panel_somewhere_else() -> None:
    places = [
        (panel["gridPos"]["x"], panel["gridPos"]["y"])
        for panel in json.loads(DASHBOARD.read_text())["panels"]
    ]
    assert len(places) == len(set(places))
