"""How what is left after clearing is paid.

Enters: cleared tables, balances, limits, pay-ins. Leaves: calls, reconciliations, batches to post. Refuses: nothing by itself; money that nobody can be given is shown as unidentified.
Laws: every subset of pending settlements respects the limits; nothing is created. Read `calls.py` first.
"""
