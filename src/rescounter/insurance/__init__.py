"""The mutual insurance pool: policy years, claims, contributions by exposure and record, layers, solvency, projections.

Enters: the terms of a policy year as text, declared exposures, acts. Leaves: the pool as its acts left it, calls by member, who bears a
claim layer by layer, solvency, statements, projections, batches to post.
Refuses: faulty terms, each fault with its line; a claim's act that its table of states does not have.
Laws: contributions sum to what is called; nobody's overspill is above its cap; a year pays out of its own money alone, which is what came
in less what went out; a claim is never paid above what its layers bear.
Read `states.py` first, then `terms.py`, `layers.py`, `contributions.py` and `pool.py`.
"""
