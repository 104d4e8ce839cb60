"""Imports what the commands of a union import while they run, for processes that are forked ready to work."""

from rescounter.cli import (  # noqa: F401
    app,
    approval_work,
    cycle_work,
    door,
    found_work,
    hand_in_work,
    member_work,
    pay_in_work,
    statement_work,
    status_work,
    union_voice,
)
from rescounter.facade import union, union_members, union_replay, union_statement, union_tables, union_work  # noqa: F401
from rescounter.store import postgresql, sqlite  # noqa: F401
