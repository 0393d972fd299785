"""What the tests of attachments share."""

from collections.abc import Callable
from typing import Any

import pytest
from factory.django import DjangoModelFactory
from prometheus_client import REGISTRY

from attachments import services
from attachments.models import Attachment, AttachmentOwner
from cas.models import Blob
from tests.factories import AttachmentFactory, KitFactory, PartFactory

# A number that no column holds.
TOO_LARGE = 10**20

OwnerFactory = type[DjangoModelFactory[AttachmentOwner]]


@pytest.fixture(params=[PartFactory, KitFactory], ids=["part", "kit"])
def owner_factory(request: pytest.FixtureRequest) -> OwnerFactory:
    """One kind of owner after the other."""
    factory: OwnerFactory = request.param
    return factory


def images_of(owner: AttachmentOwner, count: int) -> list[Attachment]:
    """So many images of one content in the owner's set; the first is the cover if there was none."""
    images = [AttachmentFactory.create(image=True, owner=owner)]
    while len(images) < count:
        images.append(services.copy(attachment_id=images[0].pk, target_set_id=owner.attachment_set_id))
    return images


@pytest.fixture
def set_id(db: None) -> int:
    """The number of a part's empty set."""
    return PartFactory.create().attachment_set_id


@pytest.fixture
def counted() -> Callable[..., Callable[[], float]]:
    """Begin to count: how far a figure has risen since."""

    def begin(name: str, **labels: Any) -> Callable[[], float]:
        def figure() -> float:
            return REGISTRY.get_sample_value(name, labels) or 0.0

        before = figure()
        return lambda: figure() - before

    return begin


def assert_refused(response: Any, code: str, *, status: int = 400) -> str:
    """The sentence of an error that left nothing behind."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    assert response.json()["details"]["code"] == code
    assert not Attachment.objects.exists()
    assert not Blob.objects.exists()
    sentence: str = response.json()["error"]
    return sentence
