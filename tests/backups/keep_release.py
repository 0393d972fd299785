"""Keep a small backup of this release, for `test_restore.py` to restore with every later one.

    python -m tests.backups.keep_release 1.2.0

Run it before a release, once as it stands and once with TEST_BACKEND=servers: each kind of database has a backup.
"""

import os
import sys
from pathlib import Path

from tests.backends import is_embedded  # starts the servers, before the settings are read

RELEASES = Path(__file__).parent / "releases"


def main(release: str) -> None:
    """Fill an empty site with some of everything, and back it up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inventory.settings")
    import django

    django.setup()

    from django.contrib.auth.models import User
    from django.core.management import call_command

    from tests.factories import AttachmentFactory, KitContentFactory, PartFactory, PartTypeFactory, TagFactory, put

    call_command("migrate", verbosity=0)
    User.objects.create_user("ann")
    part = PartFactory.create(type=PartTypeFactory.create())
    part.tags.add(TagFactory.create())
    AttachmentFactory.create(owner=part, image=True)
    AttachmentFactory.create(owner=part, pdf=True)
    AttachmentFactory.create(owner=KitContentFactory.create(part=part).kit, image=True)
    put(part, "7-3", 5)
    place = RELEASES / release / ("sqlite" if is_embedded() else "postgresql")
    place.parent.mkdir(parents=True, exist_ok=True)
    call_command("backup", str(place), without_keys=True)
    # Whose it was does not matter here, and the lock of a folder neither.
    (place / "cas-binding.json").unlink()


if __name__ == "__main__":
    main(sys.argv[1])
