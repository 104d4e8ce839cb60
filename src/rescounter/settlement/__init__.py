"""How what is left after clearing is paid.

Enters: the tables of a cleared result, who settles by whom, what each has on its cash account, pay-ins, the rules. Leaves: accounts,
positions, calls, reconciliations, who is carried, fees, batches to post; nothing is posted here. Refuses: a pay-in whose reference the
bank gave to other money; money that nobody can be given is shown as unidentified, never dropped. Laws: nothing is created; no pay-in is
lost; set-off is never undone; positions sum to zero; every subset of pending settlements respects the limits; conversions lose nothing;
both legs of a pair are paid or none. Read `calls.py` first, then `funding.py`, `late.py` and `postings.py`; of deeper settlement
`sliding_scale.py`, `payment_versus_payment.py` and `conversion.py`.
"""
