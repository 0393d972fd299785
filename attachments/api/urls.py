"""Routes of sets, attachments and covers; none ends in a slash."""

from django.urls import path

from attachments.api import views
from attachments.api.archives import SetArchiveView
from attachments.api.content import LegacyContentView
from attachments.api.files import FileView
from attachments.api.icons import PdfIconView
from attachments.api.sharing import SharedView

_SET = "attachment-sets/<int:set_id>"
_ATTACHMENT = f"{_SET}/attachments/<int:attachment_id>"

urlpatterns = [
    path(_SET, views.AttachmentSetView.as_view(), name="attachment-set"),
    path(f"{_SET}/attachments", views.AttachmentsView.as_view()),
    path(_ATTACHMENT, views.AttachmentView.as_view()),
    path(f"{_ATTACHMENT}/file", FileView.as_view()),
    path(f"{_ATTACHMENT}/content", LegacyContentView.as_view(), name="legacy-content"),
    path(f"{_SET}/cover", views.CoverView.as_view()),
    path(f"{_SET}/shared", SharedView.as_view()),
    path(f"{_SET}/copies", views.CopiesView.as_view()),
    path(f"{_SET}/files.zip", SetArchiveView.as_view()),
    path("icons/pdf", PdfIconView.as_view()),
]
