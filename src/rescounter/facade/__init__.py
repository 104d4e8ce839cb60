"""The library's front: one function that clears a table, and the result that it returns.

Enters: a table or a file, and the options of a run. Leaves: a frozen `Result` that shows, explains,
verifies and writes itself. Refuses: what the rooms below refuse, unchanged. Laws:
a result folder is whole or absent; it composes rooms and holds no rule of its own. The command
line is a customer of it. Read `clearing.py` first.
"""
