"""A member finds at its own desk whatever is wrong with its bundle; no input makes the file crash."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.terms import EXCLUSIONS, CallerFault, order_of_id
from rescounter.verification import Finding, desk, verify_bundle
from tests.verification.examples import example
from tests.verification.ledger_oracle import Item, allocated, cleared_result, edges_of
from tests.verification.networks import items_of, rules
from tests.verification.planted_bundles import PLANTED_BUNDLES, changed

EXPECTED = tomllib.loads((Path(__file__).parent / "planted_bundles.toml").read_text("utf-8"))
ROOT = example().summary["result_root"]


@pytest.mark.parametrize("sentence", PLANTED_BUNDLES)
def test_a_fault_of_a_bundle_is_found_and_told(sentence: str):
    report = desk.check(PLANTED_BUNDLES[sentence]())
    assert ["{}: {}: found {}, expected {}".format(*finding) for finding in report.findings] == EXPECTED[sentence]
    assert report.proven == []
    assert report.not_proven[0].startswith("anything: ")
    assert len(report.not_proven) == 1


def test_every_fault_of_a_bundle_has_its_expected_findings():
    assert set(EXPECTED) == set(PLANTED_BUNDLES)
    assert all(EXPECTED.values())


def test_a_bundle_that_cannot_be_read_is_told_apart_from_one_that_is_wrong():
    assert desk.check([]).not_proven == ["anything: the bundle cannot be read"]
    assert desk.check(PLANTED_BUNDLES["another rule"]()).not_proven == ["anything: see what is wrong"]


def test_the_root_of_a_counterparty_is_compared():
    bundle = example().bundle("ANA")
    assert desk.check(bundle, f"  {ROOT.upper()}\n").findings == []
    assert desk.check(bundle, " 1234 ").findings == [desk.Finding("roots", "result_root", ROOT, "1234, as you named it")]
    assert desk.check(bundle, "").findings == [desk.Finding("roots", "result_root", ROOT, "(empty), as you named it")]


def test_a_sound_bundle_says_what_it_proves_and_what_not():
    report = desk.check(example().bundle("CY"), ROOT)
    assert report.findings == []
    assert report.proven == [
        "CY: your 4 obligations with 3 counterparties stand under the result_root; each is within its bounds and has what rule oldest "
        "gives it; you clear as much as debtor as you clear as creditor; the potentials fit every edge: if all bundles are sound under "
        "this root, nothing more can be cleared"
    ]
    assert report.not_proven == [
        "that your counterparties hold the same result_root: compare it with them, or with the one that the union published",
        "that no obligation of yours was left out: compare with your books",
        "that no row stands twice: compare the index of an obligation and of a potential with your counterparties",
        "that the obligations of others are sound: their bundles show that, or the operator's full verification",
    ]
    assert desk.check(example("net").bundle("CY")).proven[0].endswith("; nothing was set off")


def test_the_package_answers_as_the_file_does():
    sound = verify_bundle(example().bundle("CY"), root=ROOT)
    assert sound.sound
    assert sound.proven == tuple(desk.check(example().bundle("CY")).proven)
    assert sound.not_proven == tuple(desk.check(example().bundle("CY")).not_proven)
    wrong = verify_bundle(example().bundle("CY"), root="1234")
    assert wrong.findings == (Finding("roots", "result_root", ROOT, "1234, as you named it"),)
    assert not wrong.sound
    assert wrong.not_proven == ("anything: see what is wrong",)


def test_the_package_tells_five_findings_of_a_kind_and_counts_the_rest():
    verdict = verify_bundle(PLANTED_BUNDLES["an object of nothing"]())
    assert len(verdict.findings) == 6
    assert verdict.findings[5] == Finding("shape", "elsewhere", "15 more of this kind", "none")


def test_a_row_left_out_at_the_end_is_what_the_books_must_show():
    """What a bundle alone cannot prove: both rows of a pair gone, at the ends of their blocks, in a tree that never held them."""
    result = cleared_result([Item("1", "A", "B", 5), Item("2", "B", "A", 5), Item("3", "A", "C", 2)])
    less = cleared_result([Item("3", "A", "C", 2)])
    assert desk.check(result.bundle("A")).findings == []
    report = desk.check(less.bundle("A"))
    assert report.findings == []
    assert "that no obligation of yours was left out: compare with your books" in report.not_proven


@pytest.mark.parametrize("change", [{"obligations_count": 7}, {"potentials_count": 5}, {"method": "net"}, {"allocation": "pro-rata"}])
def test_what_stands_under_the_root_cannot_be_changed_alone(change: dict):
    findings = desk.check({**example("set-off-then-net").bundle("CY"), **change}).findings
    assert ("roots", "result_root") in {(finding.check, finding.where) for finding in findings}


def test_gaps_are_only_seen_where_no_other_member_can_stand():
    items = [Item("1", "A", "C", 1), Item("2", "B", "A", 1), Item("3", "B", "C", 1), Item("4", "C", "A", 1), Item("5", "C", "A", 1)]
    result = cleared_result([*items, Item("6", "A", "C", 1, currency="USD")])
    for member in "ABC":
        assert desk.check(result.bundle(member)).findings == []


@pytest.mark.parametrize("member", ["ANA", "BO", "CY", "DI"])
@pytest.mark.parametrize("method", ["set-off", "net", "set-off-then-net"])
def test_a_bundle_holds_nothing_of_others(member: str, method: str):
    bundle = example(method).bundle(member)
    assert all(member in (row["debtor"], row["creditor"]) for row in bundle["obligations"])
    assert {row["member"] for row in bundle["members"]} == {member}
    parties = {(row["currency"], party) for row in bundle["obligations"] for party in (row["debtor"], row["creditor"])}
    assert {(row["currency"], row["member"]) for row in bundle["potentials"]} == (set() if method == "net" else parties)


def test_an_unknown_member_is_refused_with_names_that_are_close():
    with pytest.raises(CallerFault, match="no member 'ANNA' stands in this result; did you mean 'ANA'") as fault:
        example().bundle("ANNA")
    assert fault.value.code == "member_unknown"


def test_a_bundle_under_the_wrong_key_is_refused():
    sealed = example(cycle_key=b"a" * 32)
    with pytest.raises(CallerFault) as fault:
        type(sealed)(**{**vars(sealed), "cycle_key": None}).bundle("ANA")
    assert fault.value.code == "key_missing"


# --- the file as a member runs it -------------------------------------------------------------------


def _written(folder: Path, content: object) -> str:
    file = folder / "bundle.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(file)


def test_the_file_prints_what_was_proven_the_root_and_what_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert desk.main([_written(tmp_path, example().bundle("CY")), "--root", ROOT]) == 0
    report = desk.check(example().bundle("CY"))
    lines = [f"proven: {report.proven[0]}", f"result_root: {ROOT}", *(f"not proven: {line}" for line in report.not_proven)]
    assert capsys.readouterr() == ("\n".join(lines) + "\n", "")


def test_the_file_compares_the_root_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert desk.main([_written(tmp_path, example().bundle("CY")), "--root", "1" * 64]) == 1
    assert capsys.readouterr().out.startswith(f"WRONG  roots: result_root: found {ROOT}, expected {'1' * 64}, as you named it\n")


def test_a_stream_that_cannot_show_a_name_does_not_stop_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    bundle = cleared_result([Item("1", "Ünal", "Ж", 5)]).bundle("Ж")
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    monkeypatch.setattr(sys, "stderr", io.StringIO())  # a stream that cannot be reconfigured at all
    assert desk.main([_written(tmp_path, bundle)]) == 0
    narrow.flush()
    assert narrow.buffer.getvalue().startswith(b"proven: \\u0416: your 1 obligations")


def test_the_file_prints_each_finding_and_exits_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert desk.main([_written(tmp_path, changed(example().bundle("CY"), "members", 0, net_minor=7))]) == 1
    assert capsys.readouterr().out == ("WRONG  members: EUR, net_minor: found 7, expected -7\nnot proven: anything: see what is wrong\n")


def test_the_file_counts_findings_beyond_twenty(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    bundle = example().bundle("CY")
    assert desk.main([_written(tmp_path, {**bundle, "obligations_proof": [""] * 20})]) == 1
    assert "and" not in capsys.readouterr().out
    assert desk.main([_written(tmp_path, {**bundle, "obligations_proof": [""] * 23})]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[19].startswith("WRONG  shape: obligations_proof[19]: found (empty)")
    assert lines[20:] == ["WRONG  and 3 more", "not proven: anything: the bundle cannot be read"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b"\xff\xfe\xfa", "codec can't decode"),
        (b"[" * 100_000, "recursion"),
        (b'{"member": "A", "member": "B"}', " (a key stands twice in one object)"),
        (b"9" * 5000, "Exceeds the limit"),
    ],
)
def test_what_is_no_json_is_a_finding(content: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = _written(tmp_path, content)
    assert desk.main([file]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith(f"WRONG  shape: {desk.shown(file)}: found no JSON (")
    assert reason in printed
    assert printed.endswith("), expected a bundle\n")


def test_a_file_that_cannot_be_read_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert desk.main([str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr() == ("", f"cannot read {tmp_path / 'none.json'}: No such file or directory\n")
    assert desk.main([str(tmp_path)]) == 2


def test_wrong_use_exits_with_two_and_help_tells_how(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as wrong:
        desk.main(["a.json", "b.json"])
    assert wrong.value.code == 2
    with pytest.raises(SystemExit) as told:
        desk.main(["--help"])
    assert told.value.code == 0
    printed = capsys.readouterr().out
    told_in_one_line = " ".join(printed.split())
    assert (
        "[bundle] Check a member's bundle of a clearing result. positional arguments: bundle the bundle (default: bundle.json) opt"
        in told_in_one_line
    )
    assert told_in_one_line.endswith("--root ROOT the result_root that a counterparty holds or the union published")


def test_the_bundle_beside_the_file_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _written(tmp_path, example().bundle("CY"))
    monkeypatch.chdir(tmp_path)
    assert desk.main([]) == 0


def test_the_file_runs_alone(tmp_path: Path):
    file = tmp_path / "verify.py"
    file.write_bytes(Path(desk.__file__).read_bytes())
    sound = _written(tmp_path, {**example().bundle("CY"), "member": "CY"})
    run = subprocess.run([sys.executable, "-I", str(file), sound], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("proven: CY: your 4 obligations")


def test_a_console_that_cannot_show_a_name_does_not_stop_the_file(tmp_path: Path):
    bundle = cleared_result([Item("1", "Ünal", "Ж", 5)]).bundle("Ж")
    run = subprocess.run(
        [sys.executable, desk.__file__, _written(tmp_path, bundle)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
    )
    assert run.returncode == 0
    assert run.stdout.startswith(b"proven: \\u0416: your 1 obligations")


@pytest.mark.skipif("MUTANT_UNDER_TEST" in os.environ, reason="a mutated file imports the mutation tool")
def test_the_file_needs_nothing_but_python_3_9():
    tree = ast.parse(Path(desk.__file__).read_text("utf-8"), feature_version=(3, 9))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match)]


def test_the_file_knows_the_codes_of_exclusion():
    assert set(desk.EXCLUSIONS) == set(EXCLUSIONS)


def test_names_are_shown_without_anything_invisible():
    assert desk.shown("ANA\u202e\x1b[31m\n") == "ANA\\u202e\\x1b[31m\\n"
    assert desk.shown("É" * 80) == "É" * 80
    assert desk.shown("x" * 81) == "x" * 80 + "…"
    assert [desk.shown(value) for value in ("", None, True, 7, -1.5, [], {})] == [
        *("(empty)", "None", "True", "7", "-1.5", "something of type list", "something of type dict")
    ]
    assert desk.shown(2**70) == desk.shown(-(2**70)) == "something of type int"
    assert desk.shown(2**70 - 1) == str(2**70 - 1)
    assert desk.shown(1 - 2**70) == str(1 - 2**70)
    assert desk.shown(float("nan")) == desk.shown(float("inf")) == "something of type float"


@given(items_of(), rules)
def test_the_desk_splits_and_orders_as_the_oracle_does(items: list[Item], rule: str):
    for rows in edges_of(items).values():
        for cleared in {0, 1, sum(item.amount for item in rows) // 2, sum(item.amount for item in rows) - 1}:
            shares = (desk._oldest if rule == "oldest" else desk._pro_rata)([item.amount for item in rows], cleared)
            assert shares == [item.cleared for item in allocated(rows, cleared, rule)]
    ids = ["9", "10", "100", "99", "a", "B", "٣", "²", "1a", "-1", "Ä", ""]
    rows = [
        desk.Obligation(0, "", id, "A", "B", "EUR", 1, 0, 0, due, "", 1, "", "") for id in ids for due in ("", "2026-01-01", "0999-01-01")
    ]
    order = [(row.due or "9999-12-31", row.due == "", order_of_id(row.id)) for row in sorted(rows, key=desk._place_of)]
    assert order == sorted(order)


def test_the_kinds_of_fields_say_what_fits():
    assert [desk._one_of("", "a")(value) for value in ("", "a", "b", None, ["a"])] == [True, True, False, False, False]
    assert [desk._matching("[0-9]+")(value) for value in ("12", "1x", "", 12, None)] == [True, False, False, False, False]
    largest = 2**63 - 1
    assert [desk._from(-1)(value) for value in (-1, largest, True, 1.0, "1", -2, largest + 1)] == [True, True, *[False] * 5]
    assert desk._kinds("a b", "words", desk._is_text) == {"a": ("words", desk._is_text), "b": ("words", desk._is_text)}
    assert [desk._is_due(value) for value in ("", "2026-02-28", "0001-01-01", "2026-02-29", "2026-2-28", None)] == [True] * 3 + [False] * 3


_json: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=4)
    | st.sampled_from(["0" * 64, "", "CY", "EUR"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(sorted(example().bundle("CY"))), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_json)
def test_no_json_crashes_the_check(value: Any):
    report = desk.check(value)
    assert report.findings
    assert all(isinstance(text, str) for finding in report.findings for text in finding)


@given(st.data())
def test_no_edit_of_a_sound_bundle_passes_or_crashes(data: st.DataObject):
    bundle: dict[str, Any] = json.loads(json.dumps(example("set-off-then-net").bundle("CY")))
    holder: Any = bundle
    while True:  # walk to a random cell and put something else there
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        if isinstance(holder[key], (dict, list)) and holder[key] and data.draw(st.booleans()):
            holder = holder[key]
            continue
        break
    other = data.draw(_json | st.integers(-3, 100))
    unproven = holder is bundle and key in (
        "version",
        "input_digest",
        "obligations_count",
        "potentials_count",
        "liquidity_count",
    )  # under no root
    if type(other) is type(holder[key]) and (other == holder[key] or unproven):
        return
    holder[key] = other
    assert desk.check(bundle).findings
