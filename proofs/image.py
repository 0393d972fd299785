"""Builds the image and tries it: `make image`. Prints the figures; exit code 1 when a limit is missed.

`python -m proofs.image --as-it-is` tries one that was built before, say while the machine has nothing else to do.

Needs root, buildah and debootstrap, and no registry of images: the base is made here, from Debian's packages. Tried is what
compose.yaml relies on: an account of its own, a root that cannot be written, the health check.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASE, IMAGE = "localhost/debian:bookworm-slim", "localhost/inventory"
# Compressed, as it is pulled.
MAX_BYTES = 200_000_000
MAX_READY_SECONDS = 10
_ACCOUNT = 10001
# The filesystem of the container: the root as it is, read-only; a volume, and memory for /tmp.
_CONTAINER = """
mount --bind {root} {root}
mount --bind {data} {root}/var/lib/inventory
mount -t tmpfs tmpfs {root}/tmp
mount -t proc proc {root}/proc
mount --rbind /dev {root}/dev
mount -o remount,bind,ro {root}
cd {root}
exec chroot --userspec={account}:{account} {root} /usr/bin/env -i {variables} sh -ec '{script}'
"""
_USE = """
cd /srv/inventory
if touch /srv/inventory/x 2> /dev/null || touch /etc/x 2> /dev/null; then echo "The root can be written."; exit 1; fi
python manage.py migrate --verbosity 0
python manage.py check --deploy --fail-level WARNING
python -m inventory.healthcheck 2> /dev/null && exit 1
before=$(date +%s%N)
gunicorn > /tmp/log 2>&1 &
until python -m inventory.healthcheck > /dev/null 2>&1; do sleep 0.1; done
echo "ready $((($(date +%s%N) - before) / 1000000))"
pg_dump --version
python -c "
import re, urllib.request
def ask(path):
    url = f\\"http://127.0.0.1:$PORT{path}\\"
    return urllib.request.urlopen(urllib.request.Request(url, headers={\\"X-Forwarded-Proto\\": \\"https\\"})).read().decode()
style = re.search(r\\"/static/admin/css/base[^ ]*?css\\", ask(\\"/admin/login/\\"))[0]
assert ask(style)
"
kill $!
wait $! || true
"""


def buildah(*arguments: str) -> str:
    """What it says."""
    done = subprocess.run(
        ["buildah", "--storage-driver", "vfs", *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def make_base() -> None:
    """A Debian with nothing in it, unless there is one already."""
    if BASE in buildah("images", "--format", "{{.Name}}:{{.Tag}}"):
        return
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", folder], check=True, stdout=subprocess.DEVNULL)
        for pattern in (
            "var/cache/apt/archives/*.deb",
            "var/cache/apt/*.bin",
            "var/lib/apt/lists/*_*",
            "var/log/*.log",
        ):
            for file in Path(folder).glob(pattern):
                file.unlink()
        container = buildah("from", "scratch")
        buildah("add", "--quiet", container, folder, "/")
        buildah("commit", "--quiet", "--rm", container, BASE)


def build() -> None:
    """Make the image anew, and its base where there is none."""
    make_base()
    # Where a mirror has a certificate of its own.
    certificates = ["--volume", "/etc/ssl/certs:/etc/ssl/certs:ro"] if "PIP_CERT" in os.environ else []
    subprocess.run(
        [
            *(
                "buildah",
                "--storage-driver",
                "vfs",
                "bud",
                "--isolation",
                "chroot",
                "--layers=false",
                "--format",
                "docker",
            ),
            *("--build-arg", f"BASE={BASE}", *certificates, "--tag", IMAGE, str(ROOT)),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def compressed_bytes() -> int:
    """All layers, as a registry would send them."""
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        buildah("push", "--quiet", IMAGE, f"oci:{folder}")
        return sum(file.stat().st_size for file in Path(folder, "blobs").rglob("*") if file.is_file())


def use(port: int) -> str:
    """Run it as compose.yaml does. Returns what the script said."""
    container = buildah("from", "--pull=never", IMAGE)
    try:
        root = buildah("mount", container)
        configuration = json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]
        assert configuration["User"] == f"{_ACCOUNT}:{_ACCOUNT}", configuration["User"]
        assert "inventory.healthcheck" in str(configuration["Healthcheck"])
        with tempfile.TemporaryDirectory(prefix="image-data-") as data:
            os.chown(data, _ACCOUNT, _ACCOUNT)
            variables = {
                **dict(line.split("=", 1) for line in configuration["Env"]),
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "DJANGO_HTTPS": "true",
                "DJANGO_ALLOWED_HOSTS": "inventory.example.com,127.0.0.1",
            }
            script = _CONTAINER.format(
                root=root,
                data=data,
                account=_ACCOUNT,
                variables=" ".join(f"{name}={value}" for name, value in variables.items()),
                script=_USE.replace("'", "'\\''"),
            )
            done = subprocess.run(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            return done.stdout
    finally:
        buildah("umount", container)
        buildah("rm", container)


def main() -> int:
    """Build, measure, try."""
    if os.geteuid() != 0:
        sys.exit("Only root may do that. `docker build .` builds the image, too.")
    started = time.monotonic()
    if sys.argv[1:] != ["--as-it-is"]:
        build()
    size, said = compressed_bytes(), use(18_000)
    ready = int(next(line for line in said.splitlines() if line.startswith("ready ")).split()[1]) / 1000
    sys.stdout.write(
        f"{said}after {time.monotonic() - started:.0f} s; {size / 1_000_000:.0f} MB compressed (at most "
        f"{MAX_BYTES / 1_000_000:.0f}); ready after {ready:.1f} s (at most {MAX_READY_SECONDS})\n"
    )
    return 0 if size <= MAX_BYTES and ready <= MAX_READY_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
