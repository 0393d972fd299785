"""The database backend `core.sqlite`: Django's, where a write transaction waits for its turn before it begins."""

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from core.sqlite.turns import Turn

# SQLite's own default.
_SECONDS = 5.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions, which all begin with the write lock (BEGIN IMMEDIATE), take turns.

    A statement outside of a transaction takes none: it waits as SQLite lets it.
    """

    _turn: Turn | None = None

    def _start_transaction_under_autocommit(self) -> None:
        # One that an interrupted COMMIT has left.
        self._end_turn()
        if not self.is_in_memory_db():
            self._turn = Turn(str(self.settings_dict["NAME"]))
            if not self._turn.take(self.settings_dict["OPTIONS"].get("timeout", _SECONDS)):
                raise OperationalError("database is locked")
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        # When it fails, Django rolls back.
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.end()
