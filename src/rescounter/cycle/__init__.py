"""The conductor: one settlement cycle, step by step.

Enters: a union, an instant, what other rooms reckoned. Leaves: the next act. Refuses: a step out of turn.
Laws: finality only grows; an interrupted step does the same again. Read `states.py` first.
"""
