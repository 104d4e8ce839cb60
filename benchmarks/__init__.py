"""Measurements of the whole, as ratios and raw data; never a timed test."""
