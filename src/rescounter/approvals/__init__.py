"""What needs a second person.

Enters: acts. Leaves: what is pending, who may decide, what lapsed. Refuses: a decision by the proposer, by the wrong role, or too late.
Laws: no act that needs an approval is done without one; nobody approves their own. Read `approvals.py` first.
"""
