"""Statements whose SQL Django makes once.

For one row by its key Django spends several times as long on making the SQL as the database on its work. What nearly
every request asks and writes is made once for each connection, and sent again with other values.
"""

from core.prepared.parameters import Parameter
from core.prepared.queries import PreparedBatch, PreparedQuery
from core.prepared.rows import PreparedDelete, PreparedInsert, PreparedModel, PreparedUpdate

__all__ = [
    "Parameter",
    "PreparedBatch",
    "PreparedDelete",
    "PreparedInsert",
    "PreparedModel",
    "PreparedQuery",
    "PreparedUpdate",
]
