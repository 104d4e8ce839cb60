"""How a council of equals counts its votes.

Enters: a voting rule, those entitled, ballots, who is interested, when the vote opened and closed. Leaves: a tally with every number and
the reason.
Refuses: nothing; a ballot that does not count stands in the tally with why.
Laws: no vote counts twice; every ballot is counted or passed over; the tally depends on the set of ballots, not on their order.
Read `voting.py` first, then `counting.py`; the rules that ship are in `named.py`.
"""
