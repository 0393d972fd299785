"""What the database refuses by a constraint, said as `full_clean` says it, which would ask the database beforehand."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models


@contextmanager
def check_constraints_told(model: type[models.Model]) -> Iterator[None]:
    """Raise ValidationError where a check constraint of the model refuses a row; another IntegrityError goes on.

    Around a transaction, or in PostgreSQL nothing more can be done in it.
    """
    try:
        yield
    except IntegrityError as error:
        name = _constraint_name(error)
        for constraint in model._meta.constraints:
            if constraint.name == name and isinstance(constraint, models.CheckConstraint):
                told = ValidationError(constraint.get_violation_error_message(), code=constraint.violation_error_code)
                raise ValidationError({NON_FIELD_ERRORS: [told]}) from error
        raise


def _constraint_name(error: IntegrityError) -> str:
    # Of psycopg; SQLite has only the text, "CHECK constraint failed: part_pin_count_positive".
    diagnostics = getattr(error.__cause__, "diag", None)
    return str(diagnostics.constraint_name) if diagnostics else str(error).rpartition(": ")[2]
