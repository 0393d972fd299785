"""What operators install: units of systemd, the image, the services of compose.yaml."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.backends import free_port
from tests.plugins.nginx import NGINX, needs_nginx
from tests.plugins.server import ROOT, serving

UNITS = ROOT / "docs" / "systemd"
MAX_EXPOSURE = 3.0

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file system in which the units are installed, as docs/deploying.md says."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("There is no systemd-analyze (Debian's systemd).")
    folder = tmp_path_factory.mktemp("root")
    shutil.copytree(UNITS, folder / "etc/systemd/system")
    shutil.copytree("/usr/lib/systemd/system", folder / "usr/lib/systemd/system", symlinks=True)
    for program in ("srv/inventory/.venv/bin/gunicorn", "srv/inventory/.venv/bin/python", "bin/sh"):
        (folder / program).parent.mkdir(parents=True, exist_ok=True)
        (folder / program).touch(0o755)
    return folder


def analyze(root: Path, *arguments: str) -> str:
    """What systemd-analyze says of units under this root, complaints included."""
    done = subprocess.run(
        ["systemd-analyze", f"--root={root}", *arguments],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout


def instances() -> list[str]:
    """The names of all units; of templates one that stands for all."""
    names = [file.name for file in UNITS.iterdir() if file.is_file()]
    return sorted(name.replace("@.", "@inventory-gc." if "failed" in name else "@8000.") for name in names)


class TestUnits:
    def test_have_no_fault(self, root: Path) -> None:
        assert analyze(root, "verify", "--man=no", "--generators=no", *instances()) == ""

    def test_are_shut_in(self, root: Path) -> None:
        services = [name for name in instances() if name.endswith(".service")]
        text = "".join(analyze(root, "security", "--offline=yes", "--no-pager", name) for name in services)
        exposures = re.findall(r"exposure level for (\S+): ([\d.]+)", text)
        assert len(exposures) == len(services)
        assert [name for name, level in exposures if float(level) > MAX_EXPOSURE] == []

    def test_each_job_has_its_time_and_tells_of_failures(self) -> None:
        timers = {timer.stem for timer in UNITS.glob("*.timer")}
        assert {"inventory-check", "inventory-gc", "inventory-backup", "inventory-rehearse"} <= timers
        for name in timers:
            assert "OnFailure=inventory-failed@%N.service" in (UNITS / f"{name}.service").read_text(encoding="utf-8")


class TestImage:
    def test_holds_every_app(self) -> None:
        kept = set(re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
        packages = {
            file.parent.name
            for file in ROOT.glob("*/__init__.py")
            if file.parent.name not in {"tests", "bench", "proofs"}
        }
        assert packages <= kept


class TestHealthCheck:
    def ask(self, port: int) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "inventory.healthcheck"],
            cwd=ROOT,
            env={"PORT": str(port), "DJANGO_ALLOWED_HOSTS": ".example.com", "HOST": "0.0.0.0"},
            check=False,
            capture_output=True,
            text=True,
        )

    @pytest.mark.django_db(transaction=True)
    def test_is_answered_though_pages_are_for_https_and_another_name(self) -> None:
        with serving(DJANGO_HTTPS="true", DJANGO_ALLOWED_HOSTS=".example.com", WEB_CONCURRENCY="1") as server:
            done = self.ask(server.port)
        assert (done.returncode, done.stderr) == (0, "")

    def test_fails_where_nobody_serves(self) -> None:
        done = self.ask(free_port())
        assert done.returncode == 1
        assert done.stderr.startswith("The server does not answer")


class TestCompose:
    """Its form is checked by `make check`."""

    def test_the_example_of_its_variables_has_what_it_needs_and_nothing_else(self) -> None:
        compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        used = set(re.findall(r"(?<!\$)\$\{(\w+)", compose))
        assert set(re.findall(r"\$\{(\w+):\?", compose)) <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))
        assert set(re.findall(r"^#?([A-Z]\w+)=", example, re.MULTILINE)) - used == {"COMPOSE_PROFILES"}

    @needs_nginx
    @pytest.mark.parametrize("has_certificate", [False, True])
    def test_its_nginx_starts(self, tmp_path: Path, has_certificate: bool) -> None:
        script: str = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["nginx"][
            "command"
        ][2]
        for theirs, ours in (
            ("$$", "$"),
            ("/inventory.conf", str(ROOT / "docs" / "nginx.conf")),
            ("/etc/nginx/conf.d/default.conf", str(tmp_path / "default.conf")),
            ("test -s /etc/ssl/inventory/certificate.pem", str(has_certificate).lower()),
            ("exec nginx -g 'daemon off;'", ""),
        ):
            assert theirs in script
            script = script.replace(theirs, ours)
        subprocess.run(["sh", "-ec", script], check=True, env={"STORE": "s3:8333", "PATH": os.environ["PATH"]})
        text = (tmp_path / "default.conf").read_text(encoding="utf-8")
        assert re.findall(r"listen (.*);", text) == ["443 ssl" if has_certificate else "80"]
        assert re.findall(r"ssl_certificate\S* +(\S+);", text) == (
            ["/etc/ssl/inventory/certificate.pem", "/etc/ssl/inventory/key.pem"] if has_certificate else []
        )
        servers = r"server (web:8000|stream:8001|s3:8333)\b"
        assert len(re.findall(servers, text)) == 3
        # Their names are known between containers only, and there is no certificate.
        text = re.sub(servers, "server 127.0.0.1:9", text).replace("443 ssl", "443")
        text = re.sub(r" *ssl_certificate.*\n", "", text).replace("/dev/stdout", str(tmp_path / "access.log"))
        (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; events {{}} http {{ {text} }}", encoding="utf-8")
        subprocess.run(
            [NGINX or "", "-t", "-q", "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"], check=True
        )
