"""A piece of code with one thing done otherwise."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Change:
    """Other code in the place of an expression or a statement of a function, wherever and however it is written.

    `where` is a module, or `module:function`. Without `old` the new code is added at the end of the module.
    """

    where: str
    old: str
    new: str

    @property
    def path(self) -> str:
        """The module's file, from the root of the tree."""
        return self.where.partition(":")[0].replace(".", "/") + ".py"

    def apply(self, tree: Path) -> None:
        """Raises ValueError when the function does not have the old code in exactly one place."""
        path = tree / self.path
        module = ast.parse(path.read_text(encoding="utf-8"))
        if self.old:
            exchange = _Exchange(self.old, self.new)
            for scope in self._scopes(module):
                exchange.visit(scope)
            if exchange.found != 1:
                raise ValueError(f"{self.where} has {exchange.found} times: {self.old}")
        else:
            module.body += ast.parse(self.new).body
        path.write_text(ast.unparse(ast.fix_missing_locations(module)), encoding="utf-8")

    def _scopes(self, module: ast.Module) -> Iterator[ast.AST]:
        _, _, name = self.where.partition(":")
        if not name:
            yield module
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                yield node


class _Exchange(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        (statement,) = ast.parse(old).body
        self.old: ast.AST = statement
        self.new: ast.expr | list[ast.stmt] = ast.parse(new).body
        match statement, self.new:
            case ast.Expr(value=old_value), [ast.Expr(value=new_value)]:
                self.old, self.new = old_value, new_value
        self.found = 0

    def visit(self, node: ast.AST) -> Any:
        if ast.dump(node) == ast.dump(self.old):
            self.found += 1
            return self.new
        return super().generic_visit(node)


@dataclass(frozen=True)
class Mutant:
    """One thing done otherwise, and where that should be noticed first."""

    name: str
    suspects: str
    changes: tuple[Change, ...]


def mutant(name: str, suspects: str, *changes: tuple[str, str, str]) -> Mutant:
    """A mutant from triples of place, old code and new code."""
    return Mutant(name, suspects, tuple(Change(*change) for change in changes))
