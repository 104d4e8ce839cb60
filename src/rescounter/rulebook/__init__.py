"""Rules as data: what is in force at an instant.

Enters: texts with dates. Leaves: frozen `Rules`, with version and digest. Refuses: a text that breaks a rule, every fault at once with its line.
Laws: a version never changes once it is in force; a rule that lapses gives way to the one before. Read `rules.py` first.
"""
