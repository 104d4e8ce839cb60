"""Who belongs to a union: members, the people who act for them, and their limits.

Enters: acts. Leaves: `Register`, a frozen value of an instant. Refuses: an act that the register does not allow.
Laws: codes are never used again; a limit holds from its instant on. Read `members.py` first.
"""
