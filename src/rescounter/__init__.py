"""Accounts and settlements between equals: clear obligations exactly and prove it."""
