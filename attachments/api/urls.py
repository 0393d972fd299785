"""Routes of sets, attachments and covers; none ends in a slash."""

from django.urls import path

from attachments.api.views.archives import SetArchiveView
from attachments.api.views.attachments import AttachmentsView, AttachmentView
from attachments.api.views.copies import CopiesView
from attachments.api.views.covers import CoverView
from attachments.api.views.files import FileView
from attachments.api.views.icons import IconView
from attachments.api.views.previews import AttachmentPreviewImageView, AttachmentPreviewView
from attachments.api.views.removed import RemovedView
from attachments.api.views.sets import AttachmentSetView
from attachments.api.views.usage import UsageView
from attachments.legacy.views import LegacyContentView

_SET = "attachment-sets/<int:set_id>"
_ATTACHMENT = f"{_SET}/attachments/<int:attachment_id>"

urlpatterns = [
    path(_SET, AttachmentSetView.as_view(), name="attachment-set"),
    path(f"{_SET}/attachments", AttachmentsView.as_view()),
    path(_ATTACHMENT, AttachmentView.as_view()),
    path(f"{_ATTACHMENT}/file", FileView.as_view()),
    path(f"{_ATTACHMENT}/content", LegacyContentView.as_view(), name="legacy-content"),
    path(f"{_SET}/cover", CoverView.as_view()),
    path(f"{_SET}/shared", UsageView.as_view()),
    path(f"{_SET}/copies", CopiesView.as_view()),
    path(f"{_SET}/removed", RemovedView.as_view()),
    path(f"{_SET}/files.zip", SetArchiveView.as_view()),
    path("icons/<str:icon>", IconView.as_view(), name="icon"),
    # The frontend knows them under the path of parts; they are about links of any owner.
    path("parts/attachment-preview", AttachmentPreviewView.as_view()),
    path("parts/attachment-preview/image", AttachmentPreviewImageView.as_view(), name="preview-image"),
]
