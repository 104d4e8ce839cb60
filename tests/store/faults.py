"""A connection that fails at its n-th statement: before it, after it, or for ever from there on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rescounter.store.database import Column, Connection, Question, Row
from rescounter.terms import EnvironmentFault

Act = Callable[[], Any]


@dataclass
class Plan:
    """Counts the statements of all connections that it stands round. At number *at* something happens.

    *how*: ``before`` raises instead of the statement, ``after`` raises behind it (the answer is lost), ``silent`` only counts.
    """

    at: int = -1
    how: str = "silent"
    happens: Callable[[], None] | None = None
    count: int = 0
    seen: list[str] = field(default_factory=list)

    def wrap(self, connection: Connection) -> Connection:
        return Failing(connection, self)

    def step(self, name: str, act: Act) -> Any:
        is_here = self.count == self.at
        self.count += 1
        self.seen.append(name)
        if is_here and self.how == "before":
            self._strike()
        result = act()
        if is_here and self.how == "after":
            self._strike()
        return result

    def _strike(self) -> None:
        if self.happens is not None:
            self.happens()
        raise EnvironmentFault("database_failed", f"planned at statement {self.at}")


class Failing:
    """The port `Connection` round another."""

    def __init__(self, connection: Connection, plan: Plan) -> None:
        self.connection, self.plan = connection, plan

    def rows(self, statement: str, **parameters: object) -> list[Row]:
        return self.plan.step("rows", lambda: self.connection.rows(statement, **parameters))

    def foresee(self, questions: Iterable[Question]) -> None:
        """Each question that is sent ahead is a statement, and so is the whole: the last may fail behind all that were sent."""
        self.plan.step("foresee", lambda: self.connection.foresee(self._sent(questions)))

    def _sent(self, questions: Iterable[Question]) -> Iterator[Question]:
        for question in questions:
            self.plan.step("ahead", lambda: None)
            yield question

    def run(self, statement: str, **parameters: object) -> int:
        return self.plan.step("run", lambda: self.connection.run(statement, **parameters))

    def load(self, table: str, columns: Mapping[str, Column], *, conflict: str = "") -> None:
        self.plan.step(f"load {table}", lambda: self.connection.load(table, columns, conflict=conflict))

    def begin(self, *, writes: bool) -> None:
        self.plan.step("begin", lambda: self.connection.begin(writes=writes))

    def commit(self) -> None:
        self.plan.step("commit", self.connection.commit)

    def rollback(self) -> None:
        self.connection.rollback()

    def tidy(self) -> None:
        self.connection.tidy()

    def close(self) -> None:
        self.connection.close()
