"""What an operator sees in the figures. Only what was committed counts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from attachments import services
from attachments.models import Attachment, AttachmentSet
from cas.errors import ImageRefusedError, StorageUnavailableError
from tests.attachments.conftest import OwnerFactory
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.faults import Faults
from tests.plugins.files import BROKEN_PICTURE, picture

pytestmark = pytest.mark.django_db

Count = Callable[..., Callable[[], float]]
Commit = Callable[..., Any]


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Commit) -> Commit:
    """Do what a commit does."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


class TestCreated:
    @pytest.mark.parametrize("trait", ["image", "pdf"])
    def test_counts_by_type_and_owner(
        self, counted: Count, commit: Commit, owner_factory: OwnerFactory, trait: str
    ) -> None:
        owner = owner_factory.create()
        created = counted("attachment_created_total", attachment_type=trait, owner=owner._meta.model_name)
        seconds = counted("attachment_upload_duration_seconds_count", attachment_type=trait)
        with commit():
            AttachmentFactory.create(**{trait: True}, owner=owner)
        assert (created(), seconds()) == (1, 1)

    def test_counts_links_and_copies(self, counted: Count, commit: Commit, set_id: int) -> None:
        created = counted("attachment_created_total", attachment_type="url", owner="part")
        with commit():
            link = services.attach_link(set_id=set_id, url="https://example.com/", title="Shop")
            services.copy(attachment_id=link.pk, target_set_id=set_id)
        assert created() == 2

    def test_counts_those_of_nobody(self, counted: Count, commit: Commit) -> None:
        created = counted("attachment_created_total", attachment_type="url", owner="nobody")
        free = AttachmentSet.objects.create()
        with commit():
            services.attach_link(set_id=free.pk, url="https://example.com/", title="Shop")
        assert created() == 1

    @pytest.mark.parametrize("fault", ["refused", "not stored"])
    def test_does_not_count_what_failed(
        self, counted: Count, commit: Commit, set_id: int, faults: Faults, fault: str
    ) -> None:
        created = counted("attachment_created_total", attachment_type="image", owner="part")
        changed = counted("attachment_set_cover_changed_total", action="first_image")
        if fault == "not stored":
            faults.fail("publish")
        content = picture() if fault == "not stored" else BROKEN_PICTURE
        with commit(), pytest.raises((StorageUnavailableError, ImageRefusedError)):
            services.attach_file(set_id=set_id, upload=ContentFile(content, "x.jpg"))
        assert (created(), changed()) == (0, 0)


class TestDeleted:
    def test_counts_by_type_and_whether_it_was_the_cover(self, counted: Count, commit: Commit) -> None:
        part = PartFactory.create()
        for trait in ("image", "image", "pdf"):
            AttachmentFactory.create(**{trait: True}, owner=part)
        cover = counted("attachment_deleted_total", attachment_type="image", was_cover="true")
        other = counted("attachment_deleted_total", attachment_type="image", was_cover="false")
        pdf = counted("attachment_deleted_total", attachment_type="pdf", was_cover="false")
        with commit():
            Attachment.objects.all().delete()
        assert (cover(), other(), pdf()) == (1, 1, 1)

    def test_counts_those_that_go_with_their_owner(self, counted: Count, commit: Commit) -> None:
        attachment = AttachmentFactory.create(link=True)
        deleted = counted("attachment_deleted_total", attachment_type="url", was_cover="false")
        with commit():
            attachment.attachment_set.part.delete()
        assert deleted() == 1


class TestCoverChanged:
    def test_tells_how(self, counted: Count, commit: Commit) -> None:
        part = PartFactory.create()
        set_id = part.attachment_set_id
        actions = ("first_image", "chosen", "cleared", "handed_over", "lost")
        changed = {action: counted("attachment_set_cover_changed_total", action=action) for action in actions}

        def risen() -> dict[str, float]:
            return {action: count() for action, count in changed.items() if count()}

        with commit():
            first = AttachmentFactory.create(image=True, owner=part)
        assert risen() == {"first_image": 1}
        with commit():
            second = AttachmentFactory.create(image=True, owner=part)
            services.choose_cover(set_id=set_id, attachment_id=second.pk)
        assert risen() == {"first_image": 1, "chosen": 1}
        with commit():
            second.delete()
        assert risen() == {"first_image": 1, "chosen": 1, "handed_over": 1}
        with commit():
            first.delete()
        assert risen() == {"first_image": 1, "chosen": 1, "handed_over": 1, "lost": 1}
        with commit():
            services.choose_cover(set_id=set_id, attachment_id=None)
        assert risen() == dict.fromkeys(actions, 1.0)
