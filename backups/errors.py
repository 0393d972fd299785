"""What can go wrong with backups; `str()` is a sentence for an operator."""

from core.errors import CannotProcessError


class BackupError(CannotProcessError):
    """A backup cannot be taken, read, rehearsed or restored; nothing that was there is lost."""

    code = "backup"


class DamagedBackupError(BackupError):
    """What lies in the backup is not what was put there."""
