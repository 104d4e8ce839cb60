"""Why a union refuses acts of its guarantee: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["GUARANTEE_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

GUARANTEE_RULES: Final[tuple[_Row, ...]] = (
    (
        "layer_unknown",
        "G1",
        8010,
        "the text names no layer of a waterfall",
        "the layers of docs/GUARANTEE.md; only calls have a multiple",
        "Write the layer as docs/GUARANTEE.md has it.",
        'layers = ["survivors"]',
    ),
    (
        "layers_do_not_fit",
        "G2",
        8020,
        "layers of the waterfall do not go together",
        "each layer once; operator_capital or fund, residual or creditors; a threshold only with the layer fund",
        "Delete one of the two.",
        'layers = ["operator_capital", "fund"]',
    ),
    (
        "guarantee_amount_unusable",
        "G3",
        8110,
        "the amount is not above zero, or more than may be moved",
        "an amount above zero, at most what the text says",
        "Ask for less; rescounter fund show and rescounter default show tell what there is.",
        "a contribution of 5,000 with 4,000 on the member's cash",
    ),
    (
        "guarantee_reference_taken",
        "G4",
        8120,
        "the reference stands for another movement of the guarantee",
        "a reference of its own for each movement",
        "Give the movement another reference.",
        "--reference F-1, twice, with other amounts",
    ),
    (
        "fund_share_required",
        "G5",
        8130,
        "the member must keep its share in the fund",
        "what stands above its limit fund_share; all of it once the member has left; nothing while it is in default",
        "Lower the limit fund_share first, which needs an approval of its own.",
        "fund return ANA 60.00, of which 50.00 are required",
    ),
    (
        "in_default_already",
        "G6",
        8140,
        "the member is in default",
        "a member that is not",
        "rescounter default show tells since when and why.",
        "default declare DEE, twice",
    ),
    (
        "not_in_default",
        "G7",
        8150,
        "no default of that member was declared",
        "a member in default",
        "rescounter default declare MEMBER --reason TEXT comes first.",
        "default bear ANA, who pays",
    ),
    (
        "default_still_open",
        "G8",
        8160,
        "a cycle in which the member has a position is not settled, so the loss is not known",
        "no final cycle with a position of the member that still waits for its settlement",
        "Settle that cycle first: rescounter cycle status tells what comes next.",
        "default bear DEE while cycle 2026-02-20 is funded",
    ),
    (
        "no_loss",
        "G9",
        8170,
        "the member owes the union nothing in that currency, or what it owes was borne",
        "a member whose accounts together are below zero",
        "Nothing: there is nothing to bear.",
        "default bear DEE --currency EUR, twice",
    ),
    (
        "loss_changed",
        "G10",
        8180,
        "what the waterfall was reckoned from is not so any more",
        "the same loss and the same resources as when it was proposed",
        "Refuse the proposal, and propose it anew.",
        "a pay-in of the defaulter came while the proposal waited",
    ),
    (
        "nothing_borne",
        "G11",
        8190,
        "no loss of that member was borne in that currency, so nothing can come back to anybody",
        "a member and currency of which a loss was borne",
        "rescounter default show lists the losses; assign the money to whom it belongs.",
        "default recover ANA, who never defaulted",
    ),
    (
        "member_in_default",
        "G12",
        8200,
        "the member is in default: nothing is paid back to it",
        "members that are not in default",
        "What it has stands against what it owes.",
        "cycle repay DEE after its default",
    ),
    (
        "call_not_open",
        "G13",
        8210,
        "no call of the guarantee on that member is open in that currency, or not so much of one",
        "at most what is called and not paid",
        "rescounter default show lists the calls.",
        "default pay BO 60.00 --currency EUR with 30.00 called",
    ),
    (
        "loss_begun",
        "G14",
        8220,
        "a loss in that currency was posted, and its act is missing: whoever bore it was interrupted",
        "movements of the guarantee when every loss that was posted has its act",
        "Do it again: rescounter default bear MEMBER, or approve its proposal again.",
        "fund contribute ANA after a bear that was killed",
    ),
)
