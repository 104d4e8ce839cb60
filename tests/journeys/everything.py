"""Imports what the commands of a union import while they run, for processes that are forked ready to work."""

import iso4217  # noqa: F401
import pyarrow.csv  # noqa: F401
import rich.console  # noqa: F401
import typer

from rescounter.clearing import potentials, reduction, solver_ortools, solver_simplex  # noqa: F401
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
from rescounter.facade import (  # noqa: F401
    hashing,
    union,
    union_founding,
    union_members,
    union_replay,
    union_statement,
    union_tables,
    union_work,
)
from rescounter.formats import delimited, json_lines, records, text  # noqa: F401
from rescounter.rulebook import shipped  # noqa: F401
from rescounter.store import postgresql, sqlite  # noqa: F401

TREE = typer.main.get_command(app.app)
"""The tree of commands, which takes as long to make as a command takes to run."""
