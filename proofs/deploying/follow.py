"""Follows docs/deploying.md, "On Debian", word by word in an empty Debian: `python -m proofs.deploying.follow`.

Needs root, debootstrap, and a mirror of Debian and of Python's packages; ten minutes. What is not run: the blocks that are
no `sh` (the code comes from this repository). systemd cannot run in a chroot, so `systemctl` there is a program that
starts the units as they say (systemctl.py), without their sandbox. Ends with what a user does: a file goes in and out.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_USE = """
cd /srv/inventory
inventory-manage shell --command "from django.contrib.auth.models import User; User.objects.create_superuser('admin')"
TOKEN=$(inventory-manage drf_create_token admin | cut -d' ' -f3)
ask() {
    curl --silent --fail --cacert /etc/ssl/inventory.example.com.pem --resolve inventory.example.com:443:127.0.0.1 "$@"
}
get() { python3 -c "import json, sys; print(json.load(sys.stdin)['$1'])"; }
api() { path=$1; shift; ask --header "Authorization: Token $TOKEN" "$@" "https://inventory.example.com/api/$path"; }
SET=$(api parts --json '{"description": "A timer"}' | get attachment_set_id)
.venv/bin/python -c "from tests.plugins.files import pdf; import sys; sys.stdout.buffer.write(pdf())" > /tmp/sheet.pdf 2> /dev/null \\
    || printf '%%PDF-1.4\\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\\ntrailer<</Root 1 0 R>>\\n%%%%EOF\\n' > /tmp/sheet.pdf
URL=$(api "attachment-sets/$SET/attachments" --form file=@/tmp/sheet.pdf | get download_url)
for try in 1 2 3 4; do
    ask --output /tmp/again.pdf --dump-header /tmp/head "https://inventory.example.com$URL"
    cmp /tmp/sheet.pdf /tmp/again.pdf
done
cat /tmp/head
grep --quiet "GET /api/cas/" /var/log/inventory-web@8000.log
grep --quiet "GET /api/cas/" /var/log/inventory-web@8001.log
ask --range 0-3 "https://inventory.example.com$URL" | grep --quiet %PDF
systemctl start inventory-backup inventory-rehearse
kill "$(cat /run/systemctl/inventory-web@8000.pid)"
sleep 3
ask --output /dev/null "https://inventory.example.com/health/ready"
TOKEN=$(sed -n s/METRICS_TOKEN=//p /etc/inventory/environment)
curl --silent --fail --header "Authorization: Bearer $TOKEN" http://127.0.0.1:8001/metrics | grep --count inventory_ || true
echo "Everything was done."
"""


def blocks(text: str) -> str:
    """The `sh` blocks of the part for Debian, as one script; the code is there when the second one begins."""
    part = text[text.index("\n## On Debian\n") :]
    found = re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    return "\n".join(["set -eux", *found[:2], "tar --extract --file=/code.tar --directory=/srv/inventory", *found[2:]])


def main() -> None:
    """Do it. The first argument may be a folder with a Debian base system, which is changed; without it one is made."""
    if os.geteuid() != 0:
        sys.exit("Only root may do that.")
    with tempfile.TemporaryDirectory(prefix="deploying-") as folder:
        base = Path(sys.argv[1] if len(sys.argv) > 1 else folder)
        if not (base / "etc").exists():
            subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(base)], check=True)
        subprocess.run(["git", "archive", "--output", str(base / "code.tar"), "HEAD"], cwd=ROOT, check=True)
        shim = base / "usr/local/bin/systemctl"
        shim.write_bytes(Path(__file__).with_name("systemctl.py").read_bytes())
        shim.chmod(0o755)
        # No service starts by being installed: systemctl does it.
        policy = base / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        policy.chmod(0o755)
        # Where a mirror has a certificate of its own.
        certificates = os.environ.get("PIP_CERT")
        if certificates:
            (base / "root/certificates.pem").write_bytes(Path(certificates).read_bytes())
        (base / "etc/resolv.conf").write_bytes(Path("/etc/resolv.conf").read_bytes())
        (base / "root/follow.sh").write_text(blocks((ROOT / "docs/deploying.md").read_text(encoding="utf-8")) + _USE)
        # Processes and mounts of their own, which end with it.
        inside = (
            f"mount --bind {base} {base} && mount -t proc proc {base}/proc && mount --rbind /dev {base}/dev"
            f" && exec chroot {base} env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            f" DEBIAN_FRONTEND=noninteractive {'PIP_CERT=/root/certificates.pem' if certificates else ''} bash /root/follow.sh"
        )
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", inside], check=False
        )
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
