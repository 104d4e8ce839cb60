"""The laws of the ledger, one file each: named functions that posting, audit and tests share.

Enters: effects, standings, transfers, entries, roots. Leaves: nothing, or a `BrokenLaw`. Refuses:
nothing; a law that does not hold is a defect, never a member's fault. Laws: zero sum, balances are
the fold of the journal, limits hold, finality grows, nothing created. Read `zero_sum.py` first.
"""
