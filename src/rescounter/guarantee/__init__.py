"""Who bears what a defaulter does not pay.

Enters: a loss, the layers that bear it in their order, what stands behind each; acts of the guarantee. Leaves: steps (who pays how much,
and why), what is left, repayments of recoveries, the most that each member can lose, who is in default and what is called. Refuses: nothing
by itself; what nobody bears is said. Laws: steps and what is left are the whole loss; recoveries undo the steps exactly; nobody pays more
than it was told beforehand. Read `waterfall.py` first, then `recoveries.py`, `at_risk.py` and the fold in `defaults.py`.
"""
