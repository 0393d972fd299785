"""monitoring/: each alarm sounds when it should, alone, and every figure that is named there is exported."""

import json
import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client

FOLDER = Path(settings.BASE_DIR) / "monitoring"
ALERTS = FOLDER / "alerts.yml"

# A site that is well, for two hours from the beginning of time. Dates before it are negative.
REPORTS = ("cas_check", "cas_gc", "backup", "rehearse")
DURATION = "django_http_requests_latency_including_middlewares_seconds_bucket"
HEALTHY = {
    'up{job="inventory", instance="a"}': "1x120",
    'up{job="inventory", instance="b"}': "1x120",
    'inventory_ready{job="inventory", instance="a", part="database"}': "1x120",
    'inventory_ready{job="inventory", instance="a", part="storage"}': "1x120",
    'inventory_ready{job="inventory", instance="a", part="binding"}': "1x120",
    'django_http_responses_total_by_status_total{job="inventory", instance="a", status="200"}': "0+600x120",
    'django_http_responses_total_by_status_total{job="inventory", instance="a", status="500"}': "0+1x120",
    f'{DURATION}{{job="inventory", instance="a", le="0.5"}}': "0+600x120",
    f'{DURATION}{{job="inventory", instance="a", le="5.0"}}': "0+600x120",
    f'{DURATION}{{job="inventory", instance="a", le="+Inf"}}': "0+600x120",
    'inventory_data_free_bytes{job="inventory", instance="a"}': "50x120",
    'inventory_data_size_bytes{job="inventory", instance="a"}': "100x120",
    'cas_check_critical{job="inventory", instance="a"}': "0x120",
    'cas_gc_refused{job="inventory", instance="a"}': "0x120",
    'backup_failed{job="inventory", instance="a"}': "0x120",
    'rehearse_failed{job="inventory", instance="a"}': "0x120",
    **{f'{name}_finished_timestamp_seconds{{job="inventory", instance="a"}}': "0x120" for name in REPORTS},
}
NEVER = None
# What goes wrong, and which alarm it is.
CASES: list[tuple[str, dict[str, str | None]]] = [
    ("InventoryServerDown", {'up{job="inventory", instance="b"}': "0x120"}),
    ("InventoryNotReady", {'inventory_ready{job="inventory", instance="a", part="database"}': "0x120"}),
    ("InventoryNotReady", {'inventory_ready{job="inventory", instance="a", part="storage"}': "0x120"}),
    ("InventoryNotReady", {'inventory_ready{job="inventory", instance="a", part="binding"}': "0x120"}),
    (
        "InventoryErrors",
        {'django_http_responses_total_by_status_total{job="inventory", instance="a", status="500"}': "0+30x120"},
    ),
    ("InventorySlow", {f'{DURATION}{{job="inventory", instance="a", le="0.5"}}': "0+300x120"}),
    ("InventoryDiskFull", {'inventory_data_free_bytes{job="inventory", instance="a"}': "9x120"}),
    ("InventoryContentDamaged", {'cas_check_critical{job="inventory", instance="a"}': "2x120"}),
    ("InventoryCollectorRefuses", {'cas_gc_refused{job="inventory", instance="a"}': "1x120"}),
    ("InventoryBackupIncomplete", {'backup_failed{job="inventory", instance="a"}': "1x120"}),
    ("InventoryRehearsalFailed", {'rehearse_failed{job="inventory", instance="a"}': "1x120"}),
    *(
        (alert, {f'{name}_finished_timestamp_seconds{{job="inventory", instance="a"}}': moment})
        for alert, name, days in (
            ("InventoryCheckMissing", "cas_check", 2),
            ("InventoryCollectorMissing", "cas_gc", 2),
            ("InventoryBackupMissing", "backup", 1.5),
            ("InventoryRehearsalMissing", "rehearse", 9),
        )
        for moment in (f"{-days * 86400:.0f}x120", NEVER)
    ),
]


def alerts() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def scenario(change: dict[str, str | None], expected: list[str]) -> dict[str, Any]:
    """In Prometheus' own format: what the servers tell, and which alarms sound two hours later."""
    series = {**HEALTHY, **change}
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items() if values is not None],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "2h",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in expected],
            }
        ],
    }


@pytest.mark.long
@pytest.mark.once
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Debian's package prometheus")
def test_every_alarm_sounds_alone_and_a_site_that_is_well_is_silent(tmp_path: Path) -> None:
    tests = [scenario({}, []), *(scenario(change, [alert]) for alert, change in CASES)]
    file = tmp_path / "tests.json"
    file.write_text(json.dumps({"rule_files": [str(ALERTS)], "tests": tests}), encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.once
def test_no_alarm_is_left_out_and_each_says_what_to_do() -> None:
    assert {rule["alert"] for rule in alerts()} == {alert for alert, _ in CASES}
    assert all(rule["annotations"].keys() == {"summary", "action"} for rule in alerts())


@pytest.mark.django_db(transaction=True)
def test_what_alarms_and_dashboard_name_is_exported(tmp_path: Path) -> None:
    for command in (["cas_check"], ["cas_gc"], ["backup", str(tmp_path / "backup")]):
        call_command(*command, stdout=StringIO())
    from cas.audit import reports

    # A whole rehearsal is another test's.
    reports.keep("rehearse", {"failed": 0, "contents": 0})
    Client().get("/api/nowhere")
    exported = Client().get("/metrics").content.decode()
    expressions = [rule["expr"] for rule in alerts()] + dashboard_expressions()
    pattern = r"\b((?:inventory|django|cas|backup|rehearse|attachment|link)_\w+)\{"
    named = {name for text in expressions for name in re.findall(pattern, text)}
    missing = {name for name in named if not re.search(rf"^(# TYPE )?{name}\b", exported, re.MULTILINE)}
    assert missing == set()


def dashboard_expressions() -> list[str]:
    board = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
