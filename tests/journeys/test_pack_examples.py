"""The worked examples of docs/PACKS.md are lines of the journeys, so that they are true as long as those pass."""

from pathlib import Path

import pytest

from rescounter.rulebook.shipped import PACKS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "PACKS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("pack", PACKS)
def test_every_line_of_an_example_stands_in_the_journey_of_its_pack(pack):
    journey = Path(__file__).with_name(f"test_pack_{pack.replace('-', '_')}.py").read_text(encoding="utf-8")
    told = {line.strip() for line in journey.splitlines()}
    chapter = DOCUMENT.partition(f"\n## {pack}\n")[2].partition("\n## ")[0]
    examples = [block for block in chapter.split("\n\n") if block.startswith(("    items ", "    then "))]
    assert len(examples) == 2
    assert [line for block in examples for line in block.splitlines() if line.strip() not in told] == []
