"""A file of liquidity is taken whole or refused whole, and then every fault is told with what to do."""

import pyarrow as pa
import pytest

import rescounter
from rescounter.intake.lines import FAULTS_TOLD_MAX, MINOR_MAX

DEBTS = pa.table(
    {
        "debtor": ["ANA", "BO", "ANA"],
        "creditor": ["BO", "CY", "DI"],
        "amount": ["10.00", "10.00", "5"],
        "currency": ["EUR", "EUR", "JPY"],
    }
)
IN_EUR = DEBTS.slice(0, 2)


def refused(lines, debts=DEBTS, **options):
    """The message of the refusal, without its first line."""
    with pytest.raises(rescounter.CallerFault) as fault:
        rescounter.clear(debts, liquidity=lines, **options)
    assert fault.value.code == "liquidity_refused"
    assert "Mend every fault" in fault.value.what_to_do
    return fault.value.message.splitlines()[1:]


def line(member="ANA", amount="4.00", currency="EUR"):
    return pa.table({"member": [member], "amount": [amount], "currency": [currency]})


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            line(member="ANNA"),
            "found member ANNA; allowed: a member of the run, or * for the fund; did you mean 'ANA'? Correct the code, or delete the line.",
        ),
        (line(member=""), "found member (empty); allowed: a member of the run, or * for the fund. Correct the code, or delete the line."),
        (line(member="**"), "found member **; allowed: a member of the run, or * for the fund. Correct the code, or delete the line."),
        (
            line(member="CY", currency="JPY", amount="4"),
            "found member CY without an obligation in JPY; allowed: a member with one in JPY. Correct the code, or delete the line.",
        ),
        (line(currency="USD"), "found currency USD; allowed: a currency of the run (EUR, JPY). Name a currency of the run's obligations."),
        (line(currency=""), "found currency (empty); allowed: a currency of the run (EUR, JPY). Name a currency of the run's obligations."),
        (line(amount=""), "found amount (empty); allowed: an amount above zero. Correct the amount, or delete the line."),
        (line(amount="0"), "found amount 0 (the amount is zero); allowed: an amount above zero. Correct the amount, or delete the line."),
        (
            line(amount="-4"),
            "found amount -4 (the amount is negative); allowed: an amount above zero. Correct the amount, or delete the line.",
        ),
        (
            line(amount="four"),
            "found amount four (the amount is no plain decimal number); allowed: digits with at most one decimal point, such as 1234.50. "
            "Correct the amount, or delete the line.",
        ),
        (
            line(amount="4.005"),
            "found amount 4.005 (the amount has more decimal digits than its currency); allowed: at most 2 decimal digits in EUR. "
            "Correct the amount, or delete the line.",
        ),
        (
            line(amount="4.5", currency="JPY"),
            "found amount 4.5 (the amount has more decimal digits than its currency); allowed: at most 0 decimal digits in JPY. "
            "Correct the amount, or delete the line.",
        ),
        (
            line(amount="99999999999999999999"),
            "found amount 99999999999999999999 (the amount does not fit 64-bit integers); "
            "allowed: at most 9,223,372,036,854,775,807 minor units. Correct the amount, or delete the line.",
        ),
        (
            pa.table({"member": ["ANA"], "amount_minor": [str(MINOR_MAX)], "currency": ["EUR"]}),
            f"found obligations and liquidity of {MINOR_MAX + 2000} minor units in EUR; allowed: at most {MINOR_MAX} together. "
            "Lower the line: no more than what is owed can be drawn.",
        ),
        (
            pa.table({"member": ["ANA"], "amount_minor": ["4.5"], "currency": ["EUR"]}),
            "found amount_minor 4.5 (the amount has more decimal digits than its currency); allowed: whole minor units. "
            "Correct the amount, or delete the line.",
        ),
    ],
)
def test_a_wrong_line_is_told(lines, told):
    assert refused(lines) == [f"  row 1: {told}"]


def test_a_line_again_is_told_with_the_first():
    twice = pa.table({"member": ["*", "ANA", "*"], "amount": [1, 2, 3]})
    told = "  row 3: found member * in EUR again, as in row 1; allowed: one line for each member and currency."
    assert refused(twice, IN_EUR) == [f"{told} Add the lines up, or delete one."]


def test_all_faults_are_told_at_once_in_order_of_rows():
    lines = pa.table({"member": ["EVE", "ANA", "ANA", "BO"], "amount": ["x", "0", "1", "1"], "currency": ["EUR", "EUR", "EUR", "GBP"]})
    assert [told.split(";")[0] for told in refused(lines)] == [
        "  row 1: found member EVE",
        "  row 1: found amount x (the amount is no plain decimal number)",
        "  row 2: found amount 0 (the amount is zero)",
        "  row 3: found member ANA in EUR again, as in row 2",
        "  row 4: found currency GBP",
    ]


def test_faults_without_end_are_counted():
    lines = pa.table({"member": [f"N{place}" for place in range(FAULTS_TOLD_MAX + 7)], "amount": [1] * (FAULTS_TOLD_MAX + 7)})
    told = refused(lines, IN_EUR)
    assert len(told) == FAULTS_TOLD_MAX + 1
    assert told[-1] == "  and 7 more"


def test_where_nothing_was_admitted_nothing_can_be_drawn():
    debts = pa.table({"debtor": ["ANA"], "creditor": ["ANA"], "amount": [1], "currency": ["EUR"]})
    assert (
        "  row 1: found currency EUR; allowed: a currency of the run (none: no obligation was admitted). Mend the obligations first."
        in refused(line(), debts)
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "cannot be read: "),
        (b"member,amount\n", "cannot be read: "),
        (b"member,sum\nANA,4\n", "there is neither amount nor amount_minor"),
        (b"who,amount\nANA,4\n", "there is no column member"),
        (b"member,amount,amount_minor\nANA,4,400\n", "both amount and amount_minor are there"),
        (b"PAR1 but no Parquet", "its footer is missing"),
    ],
)
def test_a_file_that_is_no_table_of_cash_is_refused(tmp_path, content, told):
    file = tmp_path / "cash.csv"
    file.write_bytes(content)
    with pytest.raises(rescounter.CallerFault, match=r"^the file of liquidity cannot be read: ") as fault:
        rescounter.clear(IN_EUR, liquidity=file)
    assert fault.value.code == "liquidity_refused"
    assert told in fault.value.message


def test_a_row_that_cannot_be_split_is_told(tmp_path):
    file = tmp_path / "cash.csv"
    file.write_text("member,amount\nANA,4,5,6\nBO,1\n")
    assert [told.split(";")[0] for told in refused(file, IN_EUR)] == ["  row 1: found 4 cells for 2 columns: ANA,4,5,6"]


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path):
    with pytest.raises(rescounter.CallerFault, match=r"none\.csv") as fault:
        rescounter.clear(IN_EUR, liquidity=tmp_path / "none.csv")
    assert fault.value.code == "input_not_found"


def test_the_currency_may_be_left_out_where_there_is_one():
    lines = pa.table({"member": ["ANA", "*"], "amount": ["4.00", "5.00"]})
    result = rescounter.clear(IN_EUR, liquidity=lines)
    assert result.summary["currencies"]["EUR"]["liquidity"] == {
        "available_minor": 400,
        "fund_minor": 500,
        "injected_minor": 400,
        "loans_minor": 500,
        "cleared_without_minor": 0,
    }
    assert result.liquidity.to_pylist()[0]["member"] == "*"
    assert rescounter.clear(IN_EUR).liquidity is None


def test_the_decimal_sign_of_the_run_is_that_of_its_cash(tmp_path):
    file = tmp_path / "cash.csv"
    file.write_text("member;amount\nANA;1.004,50\n")
    debts = IN_EUR.set_column(2, "amount", pa.array(["10,00", "10,00"]))
    result = rescounter.clear(debts, liquidity=file, decimal=",")
    assert result.summary["currencies"]["EUR"]["liquidity"]["available_minor"] == 100_450


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow", "jsonl", "xlsx"])
def test_cash_is_read_from_every_format(tmp_path, suffix):
    from pyarrow import csv, feather, parquet

    lines, path = pa.table({"member": ["ANA", "*"], "amount_minor": [400, 500], "note": ["line", "fund"]}), tmp_path / f"cash.{suffix}"
    if suffix == "jsonl":
        path.write_text('{"member": "ANA", "amount_minor": 400}\n{"member": "*", "amount_minor": 500}\n')
    elif suffix == "xlsx":
        import xlsxwriter

        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([["member", "amount_minor"], ["ANA", 400], ["*", 500]]):
                sheet.write_row(number, 0, row)
    else:
        {"csv": csv.write_csv, "parquet": parquet.write_table, "arrow": feather.write_feather}[suffix](lines, str(path))
    result = rescounter.clear(IN_EUR, liquidity=path)
    assert result.liquidity["available_minor"].to_pylist() == [500, 400, 0, 0]
    assert result.notes == (() if suffix in ("jsonl", "xlsx") else ("liquidity: columns that were left out: note",))
