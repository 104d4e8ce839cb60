"""Formats: files become `Submitted` cells, and the tables of a result become files.

Enters: a path, standard input, or any object with the Arrow PyCapsule interface. Leaves:
`Submitted`; or a result folder, written beside its place and renamed at the end. Refuses: what is
no table at all, with one clear `CallerFault`. Laws: a cell is handed on exactly as the file holds
it; a folder is complete or absent. Read `reading.py` first.
"""
