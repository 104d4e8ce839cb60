"""Statements: what a result says to people, as pages and bundles that need no program of ours to be read.

Enters: the summary and the tables of a result (`terms.tables`); of a union the facts of a member and of a cycle
(`facts.py`, `cycle_page.py`), the figures of cycles (`cycle_figures.py`), sections of other rooms (`section.py`).
Leaves: bytes, texts and tables; nothing is written here. Refuses: nothing; a result that breaks its own sums breaks a law.
Laws: the bytes depend on the arguments only, never on a clock; every number on a page is one of the tables', exactly, or
rounded down and said to be short; a page calls no network.
Read `report.py` first for results, then `sums.py` (rows become sums), `picture.py` (sums become shapes); for a union
`member_statement.py`, then `documents.py` (what every page has in common), `bookkeeping.py`, `savings.py`.
"""
