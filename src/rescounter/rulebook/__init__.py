"""Rules as data: what is in force at an instant.

Enters: texts with dates. Leaves: frozen `Rules`, with version and digest.
Refuses: a text with faults, all of them at once, each with its line.
Laws: a version never changes once it is in force; a rule that lapses gives way to the one before. Read `rules.py` first.
"""
