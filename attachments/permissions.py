"""What a person may do with attachments."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin


@dataclass(frozen=True)
class Permissions:
    """By Django's model permissions; without any of them, nothing but to look."""

    add: bool = False
    change: bool = False
    delete: bool = False
    choose_cover: bool = False

    @classmethod
    def of(cls, user: AbstractBaseUser | AnonymousUser | PermissionsMixin) -> "Permissions":
        """Those of the user."""
        may: Callable[[str], bool] = user.has_perm  # type: ignore[union-attr]
        return cls(
            add=may("attachments.add_attachment"),
            change=may("attachments.change_attachment"),
            delete=may("attachments.delete_attachment"),
            choose_cover=may("attachments.change_attachmentset"),
        )

    def may_restore(self, *, was_replaced: bool) -> bool:
        """A deleted attachment is added again; whoever undoes a replacement changes an attachment, too."""
        return self.add and (self.change or not was_replaced)


# Of commands, and of code that has asked already.
EVERYTHING = Permissions(add=True, change=True, delete=True, choose_cover=True)
