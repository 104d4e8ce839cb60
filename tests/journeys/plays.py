"""Plays: a union's life as a table of lines that an accountant can follow, run through the real command line.

A line is a verb and its words; what stands behind ``|`` is what must be answered, where that is not yes. Amounts are in major units, `-` is
nothing. Rows under a heading (``then``, ``items``, ``savings``) stand indented and are compared cell by cell with the JSON of the command.

==========================================  ===========================================================================================
line                                        what happens
==========================================  ===========================================================================================
at 2026-01-15T10:00                         the time of everything that follows
joins ana bo [country NL] [group G]         members join, and the second person approves
leaves ana | suspends ana | reinstates ana  a notice; a suspension and its end, approved
caps ana 100.00                             a net debit cap, approved
quotas ana 500.00                           a quota, approved
capital 350.00 as K-1                       reserves of the union itself, brought in and approved
foresees 10.00 misses 5.00 paid ana bo      the reserves after the settlement, by how much the floor is broken, who would be paid most
rules intake.silence "hold"                 a new version of the rulebook, approved
rates EUR 0.90 JPY 150 [of 2026-02-26]      rates of exchange, approved; the same file again does nothing
opens 2026-01-22                            the next cycle; the lines that follow are about it
in 2026-01-22                               the lines that follow are about this cycle
owes ana bo 10.00 as A-1 [...]              handed in by the debtor, or: by MEMBER, or both; and due DAY, class C, in CUR. Rows that follow
                                            are one file, which is handed in twice
withdraws ana A-1                           taken back
confirms bo ana/A-1 | rejects bo ana/A-1    what a counterparty says
does close                                  one step
runs to cleared (final)                     as far as it goes up to this state, what is proposed being approved
pays ana 70.00 ref B1 [on DAY] [in CUR]     money that came in, `-` where nobody is named. Rows that follow are one file, handed in twice
assigns B1 ana                              unidentified money, approved
then owes set-off fee                       what the statements of members say; the row `all` is the sum of the others
items amount left                           what they say of single obligations, SUBMITTER/ID; all that there are
books ana debit credit                      the journal for a member's own books, by account
savings gross B                             the savings report, by cycle
proven                                      the cycle replays, the ledger is sound, every step says that it was done
==========================================  ===========================================================================================
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer

from rescounter.cli.door import run
from rescounter.rulebook.shipped import with_values

OPERATOR, APPROVER = "op", "eva"
_TREE = cache(typer.main.get_command)
"""The tree of commands, made once and not for each of hundreds."""

Row = dict[str, Any]


@dataclass
class Play:
    """One union on a desk of its own. *played*: commands so far; *statements* are read once between acts."""

    desk: Path
    at: str = ""
    cycle: str = ""
    played: int = 0
    members: list[str] = field(default_factory=list)
    statements: dict[tuple[str, str], Row] = field(default_factory=dict)

    def found(self, pack: str, at: str) -> None:
        """A demonstration, so that time can be told, of two people, so that nobody approves their own acts."""
        words = ("init", self.desk / "union", "--pack", pack, "--demonstration", "--operator", OPERATOR, "--approver", APPROVER)
        told = self._answer([*words, "--at", at, "--json"])
        assert (told["demonstration"], told["single_person"]) == (True, False)

    def play(self, text: str) -> None:
        """Every line in turn; an assertion that fails names its line."""
        for verb, lines in _scenes(text):
            try:
                _VERBS[verb](self, lines)
            except AssertionError as wrong:
                raise AssertionError("\n".join([*lines, *map(str, wrong.args)])) from wrong

    def ask(self, *words: object, by: str = OPERATOR, code: int = 0) -> Row:
        """The JSON answer of a command in this union, at the time of the play."""
        self.statements = self.statements if words[0] == "statement" else {}
        return self._answer([*words, "-u", self.desk / "union", "--by", by, "--at", self.at, "--json"], code=code)

    def agree(self, told: Row) -> Row:
        """What became of a command, after the second person has agreed where that was asked for."""
        return told if told.get("proposal") is None else self.ask("approval", "approve", told["proposal"], by=APPROVER)

    def file(self, name: str, columns: Sequence[str], rows: Sequence[Row]) -> Path:
        path = self.desk / f"{name}-{self.played}.csv"
        path.write_text("".join(",".join(row) + "\n" for row in ([*columns], *([row.get(each, "") for each in columns] for row in rows))))
        return path

    def _answer(self, words: Sequence[object], code: int = 0) -> Row:
        found, out, err = command(*words)
        self.played += 1
        assert found == code, f"exit code {found} of {' '.join(map(str, words))}\n{out}{err}"
        return dict(json.loads(out.splitlines()[0])) if out.startswith("{") else {}


def command(*words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command, which runs in this process: all but the start of Python."""
    out, err, path = io.StringIO(), io.StringIO(), list(sys.meta_path)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RESCOUNTER_")}
    with (
        patch.dict(os.environ, clean, clear=True),
        patch.object(sys, "unraisablehook", sys.unraisablehook),
        patch.object(sys, "meta_path", path),
        patch.object(typer.main, "get_command", _TREE),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            run([str(word) for word in words])
        except SystemExit as left:
            return int(left.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def _scenes(text: str) -> Iterator[tuple[str, list[str]]]:
    """A verb with its lines: rows under a heading, and rows that are one file, come together; comments fall away."""
    lines = [line for line in (raw.partition("#")[0].rstrip() for raw in text.splitlines()) if line.strip()]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    blocks: list[list[str]] = []
    for line in (line[margin:] for line in lines):
        if line.startswith(" "):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    for verb, group in groupby(blocks, lambda block: block[0].split()[0]):
        if verb in ("owes", "pays"):
            yield verb, [line for block in group for line in block]
        else:
            yield from ((verb, block) for block in group)


def _words(line: str) -> tuple[list[str], str]:
    """The words of a line without its verb, and what must be answered."""
    said, _, answer = line.partition("|")
    return said.split()[1:], answer.strip()


def _options(words: Sequence[str]) -> Row:
    return dict(zip(words[::2], words[1::2], strict=True))


def _minor(text: str) -> int:
    return 0 if text == "-" else int(Decimal(text) * 100)


def _codes(told: Row) -> set[str]:
    return {refusal["code"] for refusal in told["refusals"]}


def _said(play: Play, answer: str, *words: object, by: str = OPERATOR) -> Row:
    """A command that is done, and approved where a second person must; or refused with the code that *answer* names."""
    told = play.ask(*words, by=by, code=3 if answer else 0)
    if answer:
        assert {f"refused {code}" for code in _codes(told)} == {answer}, told
        return told
    return play.agree(told)


def _at(play: Play, lines: list[str]) -> None:
    (play.at,), _ = _words(lines[0])


def _joins(play: Play, lines: list[str]) -> None:
    words, _ = _words(lines[0])
    place = next((place for place, word in enumerate(words) if word in ("country", "group")), len(words))
    details = _options(words[place:])
    play.members += words[:place]
    rows = [{"code": code, "name": code.title(), **details} for code in words[:place]]
    path = play.file("members", ("code", "name", *details), rows)
    for done in play.ask("member", "add", "--file", path)["acts"]:
        play.agree(done)
    assert play.ask("member", "add", "--file", path)["there_before"] == len(rows)


def _member(verb: str, *more: str) -> Callable[[Play, list[str]], None]:
    def act(play: Play, lines: list[str]) -> None:
        (code,), answer = _words(lines[0])
        told = _said(play, "", "member", verb, code, *more)
        assert answer in ("", f"on {told.get('leaves', '')[:10]}"), told

    return act


def _caps(play: Play, lines: list[str]) -> None:
    (member, amount), answer = _words(lines[0])
    _said(play, answer, "member", "limit", member, "EUR", amount)


def _quotas(play: Play, lines: list[str]) -> None:
    (member, amount), answer = _words(lines[0])
    _said(play, answer, "member", "limit", member, "EUR", amount, "--kind", "quota")


def _capital(play: Play, lines: list[str]) -> None:
    (amount, _, reference), answer = _words(lines[0])
    words = ("capital", "add", "EUR", amount, "--reference", reference, "--source", "the founders")
    _said(play, answer, *words)
    assert play.ask(*words)["repeated"]


def _foresees(play: Play, lines: list[str]) -> None:
    """What the status of the cycle, and that of the union, say of the reserves."""
    (after, _, missing, _, *causes), _ = _words(lines[0])
    (told,) = play.ask("cycle", "status", play.cycle)["projection"]
    assert (told["after_minor"], told["missing_minor"], told["causes"]) == (_minor(after), _minor(missing), causes), told
    going = {each["cycle"]: each for each in play.ask("status")["cycles"]}
    assert going[play.cycle]["projection"] == [told]


def _rules(play: Play, lines: list[str]) -> None:
    (rule, value), _ = _words(lines[0])
    code, text, err = command("rulebook", "show", "--text", "-u", play.desk / "union", "--at", play.at)
    assert code == 0, err
    path = play.desk / f"rules-{play.played}.toml"
    path.write_text(with_values(text, {rule: value}))
    _said(play, "", "rulebook", "change", path)


def _rates(play: Play, lines: list[str]) -> None:
    words, answer = _words(lines[0])
    of = words.pop() if words[-2] == "of" else play.at
    pairs = _options(words[:-1] if words[-1] == "of" else words)
    rows = [{"currency": currency, "rate": rate, "source": "a bank", "at": of} for currency, rate in pairs.items()]
    path = play.file("rates", ("currency", "rate", "source", "at"), rows)
    _said(play, answer, "rates", "set", path)
    assert answer or play.ask("rates", "set", path)["repeated"]


def _opens(play: Play, lines: list[str]) -> None:
    (wanted,), _ = _words(lines[0])
    play.cycle = play.ask("cycle", "open")["cycle"]
    assert play.cycle == wanted, play.cycle
    assert _codes(play.ask("cycle", "open", code=3)) == {"cycle_open_already"}


def _in(play: Play, lines: list[str]) -> None:
    (play.cycle,), _ = _words(lines[0])


_COLUMNS = ("id", "debtor", "creditor", "amount", "currency", "due", "class", "reference")


def _owes(play: Play, lines: list[str]) -> None:
    """Handed in as one file of each submitter; each row is answered, and the same file again changes nothing."""
    files: dict[str, list[tuple[Row, str]]] = {}
    for line in lines:
        (debtor, creditor, amount, *more), answer = _words(line)
        given = _options(more)
        row = {"debtor": debtor, "creditor": creditor, "amount": amount, "currency": given.pop("in", "EUR"), "id": given.pop("as")}
        by = given.pop("by", debtor)
        for submitter in (debtor, creditor) if by == "both" else (by,):
            files.setdefault(submitter, []).append((row | given, answer))
    for submitter, rows in files.items():
        path = play.file(submitter, _COLUMNS, [row for row, _ in rows])
        words = ("submit", path, "--as", submitter, "--cycle", play.cycle)
        whole = {answer for _, answer in rows} & {"refused too_early", "refused too_late", "refused out_of_turn"}
        if whole:
            _said(play, whole.pop(), *words)
            continue
        told = play.ask(*words)
        found = {refusal["id"]: f"refused {refusal['code']}" for refusal in told["refusals"]}
        assert found == {row["id"]: answer for row, answer in rows if answer}, told
        again = play.ask(*words)
        assert again["repeated"] or not told["taken"], again


def _withdraws(play: Play, lines: list[str]) -> None:
    (member, *ids), answer = _words(lines[0])
    words = ("withdraw", *ids, "--as", member, "--cycle", play.cycle)
    _said(play, answer, *words)
    assert answer or play.ask(*words)["repeated"]


def _answers(option: str, *more: str) -> Callable[[Play, list[str]], None]:
    def act(play: Play, lines: list[str]) -> None:
        (member, name), answer = _words(lines[0])
        _said(play, answer, "answer", "--as", member, option, name, "--cycle", play.cycle, *more)

    return act


def _does(play: Play, lines: list[str]) -> None:
    (verb,), answer = _words(lines[0])
    _said(play, answer, "cycle", verb, "--cycle", play.cycle)


def _runs(play: Play, lines: list[str]) -> None:
    wanted = lines[0].partition(" to ")[2].strip()
    while True:
        play.ask("cycle", "run", "--cycle", play.cycle)
        waiting = play.ask("approval", "list")["proposals"]
        if not waiting:
            break
        for each in waiting:
            assert each["deciders"] == [APPROVER], each
            play.agree(each)
    found = play.ask("cycle", "status", play.cycle)["state"]
    assert found == wanted, f"the cycle is {found}"


def _pays(play: Play, lines: list[str]) -> None:
    """Money as one file; each line is told apart, and the same file again is told before."""
    rows, verdicts = [], []
    for line in lines:
        (member, amount, *more), answer = _words(line)
        given = _options(more)
        day = given.get("on", play.at[:10])
        rows.append({"reference": given["ref"], "currency": given.get("in", "EUR"), "amount": amount, "booked": day,
                     "member": "" if member == "-" else member})  # fmt: skip
        verdicts.append(answer or "on_time")
    path = play.file("pay-ins", ("reference", "currency", "amount", "booked", "member"), rows)
    words = ("cycle", "fund", path, "--cycle", play.cycle)
    if verdicts[0].startswith("refused"):
        _said(play, verdicts[0], *words)
        return
    told = play.ask(*words)
    assert [row["verdict"] for row in told["pay_ins"]] == verdicts, told
    assert {row["verdict"] for row in play.ask(*words)["pay_ins"]} == {"double"}


def _assigns(play: Play, lines: list[str]) -> None:
    (reference, member), _ = _words(lines[0])
    _said(play, "", "cycle", "assign", reference, member)


def _statement(play: Play, member: str) -> Row:
    key = (play.cycle, member)
    if key not in play.statements:
        play.statements[key] = play.ask("statement", member, "--cycle", play.cycle)
    return play.statements[key]


def _cash(made: Row, currency: str) -> int:
    return _balance(made, "cash", currency)


def _balance(made: Row, purpose: str, currency: str) -> int:
    return sum(row["balance_minor"] for row in made["balances"] if row["account"].endswith(f"/{purpose}/{currency}"))


def _open(made: Row, currency: str, *, is_carried: bool) -> int:
    """What the member still owes of its items, carried over or gone back to its parties."""
    rows = (row for row in made["items"] if (row["side"], row["currency"]) == ("owes", currency))
    return sum(row["open_minor"] for row in rows if bool(row["carried"]) == is_carried)


def _sum(part: str, name: str) -> Callable[[Row, str], int]:
    return lambda made, currency: sum(row[name] for row in made[part] if row["currency"] == currency)


_FIGURES: dict[str, Callable[[Row, str], int]] = {
    "owes": _sum("totals", "owes_minor"),
    "is-owed": _sum("totals", "is_owed_minor"),
    "set-off": _sum("totals", "cleared_debts_minor"),
    "net": _sum("totals", "position_minor"),
    "pays-in": _sum("calls", "pay_in_minor"),
    "paid": _sum("calls", "paid_minor"),
    "missing": _sum("calls", "missing_minor"),
    "is-paid": _sum("calls", "pay_out_minor"),
    "fee": _sum("fees", "amount_minor"),
    "left": _sum("totals", "open_debts_minor"),
    "carried": lambda made, currency: _open(made, currency, is_carried=True),
    "returned": lambda made, currency: _open(made, currency, is_carried=False),
    "cash": _cash,
    "swaps": lambda made, currency: _balance(made, "swaps", currency),
    "position": _sum("credit", "position_minor"),
    "reserves": _sum("credit", "transfer_minor"),
    "credit": _sum("credit", "credit_minor"),
    "accrued": _sum("credit", "interest_minor"),
    "collected": lambda made, currency: sum(
        _sum("credit", f"{each}_collected_minor")(made, currency) for each in ("fees", "interest", "charges")
    ),
    "interest": lambda made, currency: made["exchange"]["interest"].get(currency, 0),
    "swap": lambda made, currency: made["exchange"]["swap_minor"] or 0,
    "in-unit": lambda made, currency: sum(row["converted_minor"] for row in made["exchange"]["conversions"] if row["into"] == currency),
}
"""What a column of ``then`` means in the JSON of a statement."""


def _then(play: Play, lines: list[str]) -> None:
    """The statements of the members that are named, and what each column adds up to; nobody else has anything in the cycle."""
    names, _ = _words(lines[0])
    currency = names.pop() if names[-1].isupper() else "EUR"
    whole = dict.fromkeys(names, 0)
    told, found = {}, {}
    for line in lines[1:]:
        member, *cells = line.split()
        told[member] = dict(zip(names, map(_minor, cells), strict=True))
        if member == "all":
            found[member] = whole
            continue
        made = _statement(play, member)
        found[member] = {name: _FIGURES[name](made, currency) for name in names}
        whole = {name: whole[name] + found[member][name] for name in names}
    assert found == told, _beside(found, told)
    assert whole.get("net", 0) == 0, "positions do not sum to zero"


_ITEM: dict[str, tuple[str, Callable[[str], Any]]] = {
    "amount": ("amount_minor", _minor),
    "set-off": ("cleared_minor", _minor),
    "netted": ("replaced_minor", _minor),
    "left": ("open_minor", _minor),
    "kept-out": ("excluded", lambda text: "" if text == "-" else text),
    "agreed": ("matched", lambda text: "" if text == "-" else text),
    "since": ("origin", str),
    "goes-to": ("carried", lambda text: {"-": "", "next": "the next cycle"}.get(text, text)),
}
"""What a column of ``items`` means in the JSON of a statement, and how a cell is read."""


def _items(play: Play, lines: list[str]) -> None:
    """Obligations by SUBMITTER/ID, as the statement of a party has them; `gone`: the frozen set does not hold it."""
    names, _ = _words(lines[0])
    made = {row["id"]: row for member in play.members for row in _statement(play, member)["items"]}
    refused = {row["id"]: row["code"] for member in play.members for row in _statement(play, member)["refusals"]}
    found, told = {}, {}
    for line in lines[1:]:
        name, *cells = line.split()
        if len(cells) == 1:
            told[name], found[name] = {"refused": cells[0]}, {"refused": refused.get(name, "" if name not in made else "it stands")}
            continue
        told[name] = {column: _ITEM[column][1](cell) for column, cell in zip(names, cells, strict=True)}
        found[name] = {column: made.get(name, {}).get(_ITEM[column][0]) for column in names}
    assert found == told, _beside(found, told)
    stand = {name for name, columns in told.items() if "refused" not in columns}
    assert stand == set(made), f"the statements have besides: {sorted(set(made) - stand)}"


def _books(play: Play, lines: list[str]) -> None:
    """What the member is told to book, as the file beside its statement has it; debits are credits."""
    (member, *names), _ = _words(lines[0])
    folder = play.desk / f"{member}-{play.played}"
    play.ask("statement", member, "--cycle", play.cycle, "-o", folder, "--format", "csv")
    assert json.loads((folder / "statement.json").read_text())["totals"] == _statement(play, member)["totals"]
    found: Row = {}
    with (folder / "journal.csv").open() as file:
        for row in csv.DictReader(file):
            account = found.setdefault(row["account"].replace(" ", "-"), dict.fromkeys(names, 0))
            for name in names:
                account[name] += int(row[f"{name}_minor"])
    rows = [line.split() for line in lines[1:]]
    told = {account: dict(zip(names, map(_minor, cells), strict=True)) for account, *cells in rows}
    assert found == told, _beside(found, told)
    assert len({sum(each[name] for each in told.values()) for name in names}) == 1, "the books do not balance"


_SAVED = {
    "gross": "gross_minor",
    "set-off": "set_off_minor",
    "netted": "netted_minor",
    "left": "open_minor",
    "credit": "credit_minor",
    "cash": "cash_minor",
    "fees": "fees_minor",
    "again": "carried_in_minor",
    "B": "bilateral_minor",
    "N": "multilateral_minor",
    "R": "residual_minor",
}
"""What a column of ``savings`` means in the JSON of the report."""


def _savings(play: Play, lines: list[str]) -> None:
    names, _ = _words(lines[0])
    currency = names.pop() if names[-1] in ("EUR", "USD", "GBP") else "EUR"
    report = {row["cycle"]: row for row in play.ask("savings")["cycles"] if row["currency"] == currency}
    found, told = {}, {}
    for line in lines[1:]:
        cycle, *cells = line.split()
        told[cycle] = dict(zip(names, map(_minor, cells), strict=True))
        rows = [row for code, row in report.items() if cycle in (code, "all")]
        found[cycle] = {name: sum(row[_SAVED[name]] for row in rows) for name in names}
    assert found == told, _beside(found, told)


_STEPS = {"cut_off": "cut-off", "cleared": "clear", "corrected": "correct", "funded": "fund", "settled": "settle", "closed": "close"}


def _proven(play: Play, lines: list[str]) -> None:
    """The cycle replays, every step of it says that it was done, and the ledger is sound."""
    replayed = play.ask("cycle", "replay", play.cycle)
    assert replayed["sound"], replayed
    before = play.ask("cycle", "status", play.cycle)["acts"]
    for kind in dict.fromkeys(act["kind"] for act in before):
        if kind in _STEPS:
            assert play.ask("cycle", _STEPS[kind], "--cycle", play.cycle)["repeated"], kind
    assert play.ask("cycle", "status", play.cycle)["acts"] == before
    code, out, err = command("ledger", "audit", "-l", play.desk / "union", "--json")
    assert code == 0, out + err
    assert json.loads(out)["sound"], out


def _beside(found: Row, told: Row) -> str:
    """Where two tables differ, amounts as they are told."""
    lines = []
    for name in told:
        for column, value in told[name].items():
            has = found.get(name, {}).get(column)
            if has != value:
                shown = [f"{each / 100:.2f}" if isinstance(each, int) else each for each in (has, value)]
                lines.append(f"{name} {column}: found {shown[0]}, the table says {shown[1]}")
    return "\n".join(lines) or re.sub(r"\s+", " ", f"{found} {told}")


_VERBS: dict[str, Callable[[Play, list[str]], None]] = {
    "at": _at,
    "joins": _joins,
    "leaves": _member("withdraw"),
    "suspends": _member("suspend", "--reason", "did not pay"),
    "reinstates": _member("reinstate", "--reason", "has paid"),
    "caps": _caps,
    "quotas": _quotas,
    "capital": _capital,
    "foresees": _foresees,
    "rules": _rules,
    "rates": _rates,
    "opens": _opens,
    "in": _in,
    "owes": _owes,
    "withdraws": _withdraws,
    "confirms": _answers("--confirm"),
    "rejects": _answers("--reject", "--reason", "delivered broken"),
    "does": _does,
    "runs": _runs,
    "pays": _pays,
    "assigns": _assigns,
    "then": _then,
    "items": _items,
    "books": _books,
    "savings": _savings,
    "proven": _proven,
}
