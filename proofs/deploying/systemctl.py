#!/usr/bin/python3
"""Does for the units of docs/deploying.md what systemd does, as far as a chroot lets it: starts them as they say."""

import os
import pwd
import re
import socket
import subprocess
import sys
from pathlib import Path

UNITS = "/etc/systemd/system"
STATE = Path("/run/systemctl")


def settings(unit: str) -> dict[str, list[str]]:
    """The directives of the unit and of the drop-ins that its name has."""
    name, _, instance = unit.removesuffix(".service").partition("@")
    template = f"{name}@" if instance else name
    files = [f"{UNITS}/{template}.service"]
    prefix = name
    while "-" in prefix:
        prefix = prefix.rpartition("-")[0]
        files += sorted(map(str, Path(f"{UNITS}/{prefix}-.service.d").glob("*.conf")))
    found: dict[str, list[str]] = {}
    for file in files:
        for line in Path(file).read_text().splitlines():
            if "=" in line and not line.startswith("#"):
                key, _, value = line.partition("=")
                value = value.replace("%i", instance).replace("%t", "/run").replace("%N", unit.removesuffix(".service"))
                found.setdefault(key, []).append(value)
    return found


def command(unit: str) -> tuple[list[str], dict[str, str], dict[str, list[str]]]:
    """What to run as whom, and with which variables."""
    found = settings(unit)
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8"}
    for file in found.get("EnvironmentFile", []):
        for line in Path(file).read_text().splitlines():
            if line and not line.startswith("#"):
                variables.__setitem__(*line.split("=", 1))
    for line in found.get("Environment", []):
        variables.__setitem__(*line.split("=", 1))
    user = pwd.getpwnam(found["User"][0])
    for kind, root in (("RuntimeDirectory", "/run"), ("StateDirectory", "/var/lib")):
        for folder in found.get(kind, []):
            Path(root, folder).mkdir(parents=True, exist_ok=True)
            os.chown(f"{root}/{folder}", user.pw_uid, user.pw_gid)
    words = [re.sub(r"\$\{(\w+)\}", lambda match: variables[match[1]], word) for word in found["ExecStart"][0].split()]
    as_user = [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--no-new-privs",
        "--inh-caps=-all",
    ]
    return [*as_user, *words], variables, found


def start(unit: str) -> None:
    """Start it; return when it says that it is ready, or, of a job, when it has ended."""
    if unit.endswith(".timer"):
        calendar = next(
            line for line in Path(f"{UNITS}/{unit}").read_text().splitlines() if line.startswith("OnCalendar=")
        )
        sys.stdout.write(f"{unit}: {calendar}\n")
        return
    if unit == "postgresql":
        subprocess.run(
            "pg_lsclusters --no-header | while read v c rest; do pg_ctlcluster $v $c start; done",
            shell=True,
            check=True,
        )
        return
    if unit == "nginx":
        subprocess.run(["nginx"], check=True)
        return
    unit = unit.removesuffix(".service")
    words, variables, found = command(f"{unit}.service")
    folder = found.get("WorkingDirectory", ["/"])[0]
    kind = found.get("Type", ["simple"])[0]
    os.umask(int(found.get("UMask", ["022"])[0], 8))
    if kind == "oneshot":
        subprocess.run(words, env=variables, cwd=folder, check=True)
        return
    STATE.mkdir(exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    address = STATE / f"{unit}.notify"
    listener.bind(str(address))
    address.chmod(0o666)
    with open(f"/var/log/{unit}.log", "wb") as log:
        process = subprocess.Popen(
            words,
            env={**variables, "NOTIFY_SOCKET": str(address)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (STATE / f"{unit}.pid").write_text(str(process.pid))
    if kind == "notify":
        listener.settimeout(300)
        while b"READY=1" not in listener.recv(4096):
            pass


def main() -> None:
    """`systemctl VERB [--now] UNIT…`."""
    verb, *units = [word for word in sys.argv[1:] if not word.startswith("-")]
    if verb == "daemon-reload":
        return
    for unit in units:
        if verb in {"start", "enable"}:
            start(unit)
        elif (verb, unit) == ("reload", "nginx"):
            subprocess.run(["nginx", "-s", "reload"], check=True)
        else:
            sys.exit(f"systemctl {verb} {unit} is not known here")


main()
