"""Timed disputes: clocks that end by themselves, each with an outcome if nothing is done.

Enters: a template, the instant of raising, a zone, events. Leaves: every date of the clock, where a dispute stands at an instant, its
outcome.
Refuses: an event out of turn, by the wrong party, or after the end; an extension that the template does not allow; a faulty template.
Laws: no path leaves a dispute without an outcome; no deadline moves but by an extension; a snapback never reaches back.
Read `states.py` first, then `clock.py` and `dispute.py`.
"""
