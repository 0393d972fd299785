"""ETag, If-None-Match and If-Match of single resources."""

from collections.abc import Callable
from typing import Any

import pytest

from attachments import services
from attachments.models import Attachment
from kits import services as kits
from parts import services as parts
from parts.models import Part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitContentFactory, PartFactory, PartTypeFactory
from tests.plugins.database import at_once

pytestmark = pytest.mark.django_db

# Each makes a resource and returns its path, and something to change in it.
Made = tuple[str, dict[str, Any]]


def a_part() -> Made:
    return f"/parts/{PartFactory.create().key}", {"description": "Changed"}


def a_type() -> Made:
    return f"/types/{PartTypeFactory.create().pk}", {"name": "Changed"}


def a_kit() -> Made:
    return f"/kits/{KitContentFactory.create().kit.pk}", {"name": "Changed"}


def an_attachment() -> Made:
    row = AttachmentFactory.create(link=True)
    return f"/attachment-sets/{row.attachment_set_id}/attachments/{row.pk}", {"title": "Changed"}


def a_cover() -> Made:
    row = AttachmentFactory.create(image=True)
    services.choose_cover(set_id=row.attachment_set_id, attachment_id=None)
    return f"/attachment-sets/{row.attachment_set_id}/cover", {"attachment_id": row.pk}


def a_set() -> Made:
    return f"/attachment-sets/{AttachmentFactory.create(link=True).attachment_set_id}", {}


CHANGEABLE = [a_part, a_type, a_kit, an_attachment, a_cover]
VERBS = {a_kit: ["patch"], a_part: ["put", "patch"], a_type: ["put"], an_attachment: ["put", "patch"], a_cover: ["put"]}
CHANGES = [(make, verb) for make in CHANGEABLE for verb in VERBS[make]]


@pytest.mark.parametrize("make", [*CHANGEABLE, a_set])
class TestReading:
    def test_has_a_strong_tag_that_stays(self, api: ApiClient, make: Callable[[], Made]) -> None:
        path, _ = make()
        first, second = api.get(path), api.get(path)
        assert first["ETag"].startswith('"')
        assert first["ETag"] == second["ETag"]
        assert first["Cache-Control"] == "private, no-cache"

    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
    def test_again_is_304_without_a_body(self, api: ApiClient, make: Callable[[], Made], form: str) -> None:
        path, _ = make()
        etag = api.get(path)["ETag"]
        again = api.get(path, headers={"If-None-Match": form.format(etag)})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)

    def test_of_another_version_is_whole(self, api: ApiClient, make: Callable[[], Made]) -> None:
        path, _ = make()
        assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
        assert api.get(path, headers={"If-Match": '"other"'}).status_code == 412

    def test_without_login_tells_nothing(self, anonymous: ApiClient, make: Callable[[], Made]) -> None:
        path, _ = make()
        answer = anonymous.get(path, headers={"If-None-Match": "*"})
        assert answer.status_code == 401
        assert "ETag" not in answer


@pytest.mark.parametrize(("make", "verb"), CHANGES)
class TestChanging:
    def test_the_version_that_was_seen(self, api: ApiClient, make: Callable[[], Made], verb: str) -> None:
        path, change = make()
        etag = api.get(path)["ETag"]
        answer = getattr(api, verb)(path, change, headers={"If-Match": etag})
        assert answer.status_code == 200
        assert answer["ETag"] == api.get(path)["ETag"] != etag

    def test_another_version_is_refused(self, api: ApiClient, make: Callable[[], Made], verb: str) -> None:
        path, change = make()
        before = api.get(path)
        for tag in ('"other"', f"W/{before['ETag']}", "nonsense"):
            answer = getattr(api, verb)(path, change, headers={"If-Match": tag})
            assert answer.status_code == 412
            assert answer.json()["details"]["code"] == "precondition_failed"
        assert api.get(path).json() == before.json()

    def test_any_version_that_exists(self, api: ApiClient, make: Callable[[], Made], verb: str) -> None:
        path, change = make()
        assert getattr(api, verb)(path, change, headers={"If-Match": "*"}).status_code == 200

    def test_what_is_gone_is_not_found(self, api: ApiClient, make: Callable[[], Made], verb: str) -> None:
        path, change = make()
        Attachment.objects.all().delete()
        gone = "/parts/ZZZZ" if "parts" in path else path.replace(path.split("/")[2], "4711", 1)
        assert getattr(api, verb)(gone, change, headers={"If-Match": "*"}).status_code == 404


class TestDeleting:
    @pytest.mark.parametrize("make", CHANGEABLE)
    def test_another_version_is_refused(self, api: ApiClient, make: Callable[[], Made]) -> None:
        path, _ = make()
        etag = api.get(path)["ETag"]
        assert api.delete(path, headers={"If-Match": '"other"'}).status_code == 412
        assert api.get(path)["ETag"] == etag
        assert api.delete(path, headers={"If-Match": etag}).status_code in {200, 204}


class TestTag:
    """It changes when what is shown changes, wherever that is stored."""

    def test_of_a_part_knows_its_cover_its_type_and_its_tags(self, api: ApiClient) -> None:
        part = PartFactory.create(type=PartTypeFactory.create())
        path = f"/parts/{part.key}"
        seen = [api.get(path)["ETag"]]
        AttachmentFactory.create(image=True, owner=part)
        seen.append(api.get(path)["ETag"])
        assert part.type is not None
        parts.rename_type(part.type, name="Another")
        seen.append(api.get(path)["ETag"])
        api.patch(path, {"tags": ["smd"]})
        seen.append(api.get(path)["ETag"])
        assert len(set(seen)) == 4

    def test_of_a_kit_knows_its_contents_and_their_parts(self, api: ApiClient) -> None:
        content = KitContentFactory.create()
        path = f"/kits/{content.kit.pk}"
        seen = [api.get(path)["ETag"]]
        kits.change_content(content.kit.pk, content.pk, version=1, note="Red")
        seen.append(api.get(path)["ETag"])
        Part.objects.filter(pk=content.part.pk).update(description="Another")
        seen.append(api.get(path)["ETag"])
        assert len(set(seen)) == 3

    def test_of_a_set_knows_its_attachments(self, api: ApiClient) -> None:
        row = AttachmentFactory.create(link=True)
        path = f"/attachment-sets/{row.attachment_set_id}"
        before = api.get(path)["ETag"]
        services.rename(set_id=row.attachment_set_id, attachment_id=row.pk, title="Another")
        assert api.get(path)["ETag"] != before


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    @pytest.mark.parametrize("make", [a_part, a_kit, an_attachment])
    def test_only_one_of_those_who_saw_a_version_changes_it(self, api: ApiClient, make: Callable[[], Made]) -> None:
        path, change = make()
        etag = api.get(path)["ETag"]
        field = next(iter(change))

        def put(number: int) -> int:
            send = api.twin().patch
            return int(send(path, {field: f"Changed {number}"}, headers={"If-Match": etag}).status_code)

        answers = at_once(*(lambda number=number: put(number) for number in range(4)))
        assert sorted(answers) == [200, 412, 412, 412]
