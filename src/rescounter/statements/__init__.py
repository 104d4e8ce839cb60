"""Statements: what a result says to people, as pages and bundles that need no program of ours to be read.

Enters: the summary and the tables of a result (`terms.tables`). Leaves: bytes and texts; nothing is
written here. Refuses: nothing; a result that breaks its own sums breaks a law. Laws: the bytes depend
on the arguments only, never on a clock; every number on a page is one of the tables', exactly, or
rounded down and said to be short; a page calls no network.
Read `report.py` first, then `sums.py` (rows become sums), `picture.py` (sums become shapes).
"""
