"""Weights and cash as an accountant meets them: small tables, checked by eye, through the command line."""

import json
import subprocess
import sys

import pytest

import rescounter as library
from tests.journeys.command import rescounter


def told(text):
    """A table as it is written in a test: the first line names the columns."""
    head, *rows = [line.split() for line in text.strip().splitlines()]
    return [dict(zip(head, row, strict=True)) for row in rows]


def play(tmp_path, debts, cash=None, **options):
    """Clear a table that is written in a test, with another one of cash."""

    def written(name, text):
        rows = told(text)
        lines = [",".join(rows[0]), *(",".join("" if cell == "-" else cell for cell in row.values()) for row in rows)]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return tmp_path / name

    result = library.clear(written("debts.csv", debts), liquidity=None if cash is None else written("cash.csv", cash), **options)
    assert result.verify().sound
    return result


def shows(table, text):
    """The columns that *text* names hold these cells, in this order of rows; ``*`` stands for itself."""
    rows = told(text)
    found = [{name: "-" if row[name] is None else str(row[name]) for name in rows[0]} for row in table.to_pylist()]
    assert found == rows


CHAIN = """
    id debtor creditor amount_minor
    1  A      B        10
    2  B      C        10
    3  C      D        10
"""


def test_ten_in_the_hand_of_the_first_clear_a_chain_of_three_debts(tmp_path):
    result = play(tmp_path, CHAIN, "member amount_minor\nA 10")
    assert result.summary["currencies"]["XXX"]["cleared_minor"] == 30
    shows(
        result.liquidity,
        """
        member available_minor injected_minor loan_minor received_minor
        *      0               0              0          0
        A      10              10             0          0
        B      0               0              0          0
        C      0               0              0          0
        D      0               0              0          10
        """,
    )
    shows(
        result.members,
        """
        member owes_minor is_owed_minor cleared_minor cleared_claims_minor owes_after_minor is_owed_after_minor
        A      10         0             10            0                    0                0
        B      10         10            10            10                   0                0
        C      10         10            10            10                   0                0
        D      0          10            0             10                   0                0
        """,
    )
    shows(
        result.circuits,
        """
        circuit step debtor creditor amount_minor
        1       1    A      B        10
        1       2    B      C        10
        1       3    C      D        10
        """,
    )


def test_the_fund_clears_the_same_chain_and_is_owed_its_ten(tmp_path):
    result = play(tmp_path, CHAIN, "member amount_minor\n* 25")
    shows(
        result.liquidity,
        """
        member available_minor injected_minor loan_minor received_minor
        *      25              10             0          0
        A      0               0              10         0
        B      0               0              0          0
        C      0               0              0          0
        D      0               0              0          10
        """,
    )
    summary = result.summary["currencies"]["XXX"]
    assert (summary["cleared_minor"], summary["cash_saved_minor"], summary["liquidity"]["cleared_without_minor"]) == (30, 20, 0)


def test_own_cash_is_spent_before_the_funds(tmp_path):
    result = play(tmp_path, CHAIN, "member amount_minor\n* 25\nA 4\nB 50")
    shows(
        result.liquidity,
        """
        member available_minor injected_minor loan_minor received_minor
        *      25              6              0          0
        A      4               4              6          0
        B      50              0              0          0
        C      0               0              0          0
        D      0               0              0          10
        """,
    )


def test_no_cash_is_drawn_where_circuits_clear_everything(tmp_path):
    ring = CHAIN + "    4  D      A        10\n"
    result = play(tmp_path, ring, "member amount_minor\nA 10\n* 10")
    summary = result.summary["currencies"]["XXX"]
    assert (summary["cleared_minor"], summary["liquidity"]["injected_minor"], summary["liquidity"]["loans_minor"]) == (40, 0, 0)


def test_weights_decide_which_of_two_circuits_clears(tmp_path):
    debts = """
        id debtor creditor amount_minor weight
        1  A      B        10           -
        2  B      A        10           {}
        3  B      C        10           -
        4  C      A        10           -
    """
    shows(
        play(tmp_path, debts.format("-")).obligations,
        """
        id weight cleared_minor
        1  1      10
        2  1      0
        3  1      10
        4  1      10
        """,
    )
    shows(
        play(tmp_path, debts.format("9")).obligations,
        """
        id weight cleared_minor
        1  1      10
        2  9      10
        3  1      0
        4  1      0
        """,
    )


def test_of_one_pair_the_heavier_obligation_clears_first_however_young(tmp_path):
    debts = """
        id debtor creditor amount_minor weight due
        1  A      B        6            1      2026-01-01
        2  A      B        6            5      2026-12-31
        3  A      B        6            5      -
        4  B      A        9            1      -
    """
    shows(
        play(tmp_path, debts).obligations,
        """
        id weight cleared_minor residual_minor
        2  5      6             0
        3  5      3             3
        1  1      0             6
        4  1      9             0
        """,
    )
    shows(
        play(tmp_path, debts, allocation="pro-rata").obligations,
        """
        id weight cleared_minor residual_minor
        2  5      5             1
        3  5      4             2
        1  1      0             6
        4  1      9             0
        """,
    )


def test_what_cash_leaves_open_is_netted(tmp_path):
    result = play(tmp_path, CHAIN, "member amount_minor\nA 4", method="set-off-then-net")
    shows(
        result.members,
        """
        member cleared_minor injected_minor received_minor pay_in_minor pay_out_minor
        A      4             4              0              6            0
        B      4             0              0              0            0
        C      4             0              0              0            0
        D      0             0              4              0            6
        """,
    )
    summary = result.summary["currencies"]["XXX"]
    assert (summary["pay_in_minor"], summary["cash_saved_minor"]) == (6, 30 - 6 - 4)


# --- through the command line -----------------------------------------------------------------------

DEBTS = "id,debtor,creditor,amount,currency,weight\n1,ANA,BO,10.00,EUR,\n2,BO,CY,10.00,EUR,5\n3,CY,DI,10.00,EUR,\n4,BO,CY,3.00,EUR,\n"
CASH = "member,amount\nANA,4.00\n*,5.00\n"


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "debts.csv").write_text(DEBTS)
    (tmp_path / "cash.csv").write_text(CASH)
    return tmp_path


def run(desk, *words, code=0):
    found, out, err = rescounter(*words, folder=desk)
    assert found == code, err
    return out if code == 0 else err


def test_cash_is_drawn_told_verified_explained_and_shown_to_its_member(desk):
    out = run(desk, "clear", "debts.csv", "--liquidity", "cash.csv")
    assert "EUR: cash drawn: 4.00 of 4.00 of members' own, 5.00 of 5.00 lent by the fund; without any, 0.00 would clear." in out
    assert (desk / "debts-cleared" / "liquidity.parquet").is_file()
    summary = json.loads((desk / "debts-cleared" / "summary.json").read_text())
    assert summary["input"]["liquidity"] == "../cash.csv"
    proven = run(desk, "verify", "debts-cleared")
    assert "cash.csv holds exactly these lines and this fund" in proven
    assert "none of those borrows less" in proven
    told = run(desk, "explain", "debts-cleared", "--member", "ANA")
    assert "ANA owed 10.00 EUR and was owed 0.00 EUR; it cleared 9.00 EUR of what it owed and 0.00 EUR of what it was owed." in told
    assert "It paid in 4.00 EUR of its own cash." in told
    assert "The fund lent it 5.00 EUR, which it now owes to the union." in told
    assert "9.00 EUR: cash -> ANA -> BO -> CY -> DI -> cash" in told
    told = run(desk, "explain", "debts-cleared", "--id", "2")
    assert told.startswith("2: BO owes CY 10.00 EUR, of weight 5.\n")
    assert "a chain begins where cash is drawn" in told
    run(desk, "extract", "debts-cleared", "--member", "DI")
    bundle = json.loads((desk / "DI-bundle" / "bundle.json").read_text())
    assert [(row["member"], row["received_minor"]) for row in bundle["liquidity"]] == [("DI", 900)]
    assert [row["member"] for row in bundle["potentials"]] == ["*", "**", "CY", "DI"]
    done = subprocess.run([sys.executable, "-I", "DI-bundle/verify.py", "DI-bundle/bundle.json"], cwd=desk, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "but for the cash that you drew or received" in done.stdout
    bundle["liquidity"][0]["received_minor"] = 800
    (desk / "DI-bundle" / "bundle.json").write_text(json.dumps(bundle))
    done = subprocess.run([sys.executable, "-I", "DI-bundle/verify.py", "DI-bundle/bundle.json"], cwd=desk, capture_output=True, text=True)
    assert done.returncode == 1
    assert "conservation: EUR: found cleared 0 as debtor, received 800, expected 900, as cleared as creditor, drew 0" in done.stdout


def test_other_cash_than_was_drawn_is_found_when_it_is_named(desk):
    run(desk, "clear", "debts.csv", "--liquidity", "cash.csv")
    (desk / "cash.csv").write_text("member,amount\nANA,4.00\n*,6.00\n")
    assert "is another liquidity: only the result in itself is proven" in run(desk, "verify", "debts-cleared")
    err = run(desk, "verify", "debts-cleared", "--liquidity", "cash.csv", code=1)
    assert "liquidity: * in EUR: found 500 available, expected 600" in err
    (desk / "cash.csv").unlink()
    assert "compare with the file of liquidity" in run(desk, "verify", "debts-cleared")
    (desk / "debts.csv").unlink()
    (desk / "cash.csv").write_text(CASH)
    assert "compare with the file of liquidity" in run(desk, "verify", "debts-cleared")
    assert "name the input of this result as well" in run(desk, "verify", "debts-cleared", "--liquidity", "cash.csv", code=2)


def test_a_weight_that_was_changed_in_the_input_is_found(desk):
    run(desk, "clear", "debts.csv")
    (desk / "other.csv").write_text(DEBTS.replace("EUR,5", "EUR,6"))
    err = run(desk, "verify", "debts-cleared", "--input", "other.csv", code=1)
    assert "input: obligation 2, weight: found 5, expected 6" in err


def test_a_wrong_file_of_cash_leaves_nothing_behind_and_tells_every_fault(desk):
    (desk / "cash.csv").write_text("member,amount\nEVE,4.00\nANA,0\n*,x\nANA,1\n")
    err = run(desk, "clear", "debts.csv", "--liquidity", "cash.csv", code=2)
    assert "Stopped (liquidity_refused): the file of liquidity was not taken, for 4 faults:" in err
    assert [line.split(":")[0] for line in err.splitlines() if line.startswith("  row")] == ["  row 1", "  row 2", "  row 3", "  row 4"]
    assert sorted(path.name for path in desk.iterdir()) == ["cash.csv", "debts.csv"]
    assert "input_not_found" in run(desk, "clear", "debts.csv", "--liquidity", "none.csv", code=2)
    assert "method net sets nothing off" in run(desk, "clear", "debts.csv", "--liquidity", "cash.csv", "--method", "net", code=2)


def test_an_edited_line_of_the_result_is_found(desk):
    run(desk, "clear", "debts.csv", "--liquidity", "cash.csv", "--format", "csv")
    table = desk / "debts-cleared" / "liquidity.csv"
    table.write_text(table.read_text().replace("EUR,ANA,400,400,500,0", "EUR,ANA,400,300,600,0"))
    err = run(desk, "verify", "debts-cleared", code=1)
    assert "files: liquidity.csv" in err
    assert "cash: the fund in EUR: found lent 500, expected 600, the members' loans" in err
    assert "roots: liquidity_root" in err


def test_what_the_next_unit_frees_is_told_on_demand(desk):
    run(desk, "clear", "debts.csv", "--liquidity", "cash.csv")
    told = run(desk, "explain", "debts-cleared", "--liquidity")
    assert told.splitlines()[0] == "EUR: 9.00 drawn, 27.00 freed: 3.00 for each unit; 27.00 clears, 0.00 without cash."
    assert "Each unit that the fund lends more frees 7, up to 1.00." in told
    price = json.loads(run(desk, "explain", "debts-cleared", "--liquidity", "--json"))["EUR"]
    assert price["next_units"][0] == {"member": "ANA", "frees": 7, "up_to_minor": 100}
    assert price["curve"][-1] == {"cash_minor": 1300, "cleared_minor": 7300}
    refused = run(desk, "explain", "debts-cleared", "--liquidity", "--id", "1", code=2)
    assert "leave --id and --member out" in refused
    run(desk, "clear", "debts.csv", "--method", "net", "--force")
    assert "method net sets nothing off" in run(desk, "explain", "debts-cleared", "--liquidity", code=2)
