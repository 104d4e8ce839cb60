"""Imports what the commands of a union import while they run, for processes that are forked ready to work."""

from importlib import import_module

import typer

from rescounter.cli import app

_USED = {
    "rescounter.clearing": ("potentials", "reduction", "solver_ortools", "solver_simplex"),
    "rescounter.cli": (
        *("approval_work", "cycle_work", "door", "found_work", "hand_in_work", "member_work"),
        *("pay_in_work", "statement_work", "status_work", "union_voice"),
    ),
    "rescounter.facade": (
        *("hashing", "union", "union_founding", "union_members", "union_replay", "union_statement", "union_tables", "union_work"),
    ),
    "rescounter.formats": ("delimited", "json_lines", "records", "text"),
    "rescounter.rulebook": ("shipped",),
    "rescounter.store": ("postgresql", "sqlite"),
    "pyarrow": ("csv",),
    "rich": ("console",),
}

import_module("iso4217")
for room, modules in _USED.items():
    for module in modules:
        import_module(f"{room}.{module}")

TREE = typer.main.get_command(app.app)
"""The tree of commands, which takes as long to make as a command takes to run."""
