"""Every table of states is drawn into its page as the code has it."""

import pytest

from tools.states_pages import PAGES, Page, drawn


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.name)
def test_a_page_shows_the_table_that_the_code_decides_by(page: Page):
    text = page.path.read_text(encoding="utf-8")
    assert drawn(page, text) == text, "python -m tools.states_pages"


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="lacks the marks"):
        drawn(PAGES[0], "no marks")
