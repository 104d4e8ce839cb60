"""Why a union refuses a template of disputes, and what is done in a dispute: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["DISPUTE_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

DISPUTE_RULES: Final[tuple[_Row, ...]] = (
    (
        "template_unreadable",
        "D1",
        7010,
        "the text is no TOML",
        "TOML 1.0",
        "Mend the text at this line; what is wrong often stands a little before it.",
        'name = "ours with a quote that never closes',
    ),
    (
        "template_key_unknown",
        "D2",
        7020,
        "the text has a table or a key that no template has",
        "the tables template, stages, vote and sunset with their keys (docs/DISPUTES.md)",
        "Correct the name, or delete it.",
        "[[stages]] with a key lenght",
    ),
    (
        "template_key_missing",
        "D3",
        7030,
        "a table or a key that every template must have is not there",
        "each key that docs/DISPUTES.md does not call optional",
        "Add it; the templates that ship show each of them.",
        "a stage without lasts",
    ),
    (
        "template_value_unusable",
        "D4",
        7040,
        "the value is of another kind, or none of those that the key allows",
        "the values that are named",
        "Write the value as the key wants it.",
        "lasts = { days = 0 }",
    ),
    (
        "template_disagrees",
        "D5",
        7050,
        "parts of the template do not go together",
        "stages with names of their own and one final stage, the last; a tabling only after a notice",
        "Change one of the two parts.",
        "a level that stands behind the final stage",
    ),
    (
        "dispute_over",
        "D6",
        7110,
        "the dispute has its outcome",
        "events before the outcome",
        "Raise another dispute if there is new ground for one.",
        "a vote after the midnight at which the measures returned",
    ),
    (
        "dispute_out_of_turn",
        "D7",
        7120,
        "the dispute is in a state, or of a kind, in which this cannot be done",
        "the acts that the table of states has there (docs/DISPUTES.md)",
        "rescounter dispute clock tells what can be done when.",
        "a notice while the first level lasts",
    ),
    (
        "dispute_not_for_you",
        "D8",
        7130,
        "whoever acts does so in a capacity that may not",
        "the capacities that the table of states names for the act",
        "Ask whoever may do it.",
        "the respondent withdraws the complaint",
    ),
    (
        "extension_not_allowed",
        "D9",
        7140,
        "the stage cannot be put off like that",
        "a later day within the bound of the template, by whom it names for this stage",
        "Ask for a day within the bound, or have all agree where the template allows that.",
        "the panel puts its report off to ten months",
    ),
)
