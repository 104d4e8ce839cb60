"""A member that has a key: nobody changes its key, or who represents it, unless it signed for that very act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from rescounter.approvals.laws import unapproved
from rescounter.cycle.consenting import consenting
from rescounter.cycle.motions_again import replay_council
from rescounter.cycle.office import Step, Wanted
from rescounter.cycle.representing import naming
from rescounter.facade.union import Done
from rescounter.facade.union_consents import consent, consent_text_of
from rescounter.terms.acts import Act, canonical
from tests.council.chamber import COUNCIL, Chamber, acts_of, signing_key
from tests.council.test_no_rule_without_a_decision import smuggled
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.world import APPROVER, OPERATOR, PEOPLE

NEXT_KEY = signing_key("dee").verifier.text()
NEW_KEY: dict[str, Any] = {"code": "ana", "key": NEXT_KEY}
EVA: dict[str, Any] = {"member": "ana", "person": "eva", "office": "", "from_us": 0}


def world(kind: str = "sqlite", *, text: str = COUNCIL) -> Chamber:
    """ana has a key, bo none; each is represented, and eva acts for ana too."""
    store, clock = fresh(kind)
    made = Chamber(store, clock)
    extra = [{"code": code, "name": code, "roles": ["member"], "member": member} for code, member in (("eva", "ana"), ("fay", "bo"))]
    people = [*PEOPLE, *extra, *({"code": f"r.{code}", "name": code, "roles": ["member"], "member": code} for code in ("ana", "bo"))]
    made.found(text, people)
    made.tell("2026-01-05T09:00")
    made.join("ana", "bo")
    for code in ("ana", "bo"):
        assert made.name(code, f"r.{code}").act
    assert made.approved(made.act("member_changed", code="ana", key=signing_key("ana").verifier.text())).act
    return made


def named(made: Chamber, person: str, member: str = "ana", by: str = OPERATOR) -> Done:
    union = made.desk.union
    return made.desk.do(naming(union, member, person, office="", from_us=0, at_us=made.desk.at_us), by=by)


def signed(made: Chamber, kind: str, body: dict[str, Any], *, key: str = "ana", by: str = "r.ana", member: str = "ana") -> Done:
    return consent(made.desk, by, member, kind, body, key=signing_key(key))


def codes(done: Done) -> list[str]:
    return [each.code for each in done.refusals]


def assert_lawful(made: Chamber) -> None:
    history = acts_of(made)
    assert (replay_council(history), unapproved(history)) == ((), ())
    made.store.close()


PROTECTED = [
    ("representative_named", EVA),
    ("representative_named", {**EVA, "person": ""}),
    ("member_changed", NEW_KEY),
    ("member_changed", {"code": "ana", "key": ""}),
    ("person_changed", {"code": "r.ana", "key": NEXT_KEY}),
    ("person_changed", {"code": "r.ana", "roles": ["operator"], "member": ""}),
    ("person_changed", {"code": "r.ana", "member": "bo"}),
    ("person_removed", {"code": "r.ana"}),
]
FREE = [
    ("representative_named", {"member": "bo", "person": "fay", "office": "", "from_us": 0}),
    ("member_changed", {"code": "bo", "key": NEXT_KEY}),
    ("member_changed", {"code": "ana", "name": "Ana and Sons"}),
    ("member_changed", {"code": "ana", "key": signing_key("ana").verifier.text(), "name": "Ana and Daughters"}),
    ("person_changed", {"code": "r.ana", "name": "Ana R."}),
    ("person_changed", {"code": "eva", "key": NEXT_KEY}),
    ("person_removed", {"code": "eva"}),
    ("person_removed", {"code": "r.bo"}),
]


def test_what_changes_the_key_or_the_voice_of_a_member_with_a_key_needs_its_consent_and_nothing_else_does():
    made = world()
    for kind, body in PROTECTED:
        assert codes(made.act(kind, **body)) == ["consent_missing"], (kind, body)
    for kind, body in FREE:
        assert made.act(kind, **body).proposal, (kind, body)
    assert_lawful(made)


@pytest.mark.parametrize(("kind", "body"), PROTECTED, ids=[f"{kind} {sorted(body)[-1]}" for kind, body in PROTECTED])
def test_with_its_consent_it_is_proposed_and_approved_once(kind: str, body: dict[str, Any]):
    made = world()
    assert signed(made, kind, body).act
    assert signed(made, kind, body).is_repeat
    done = made.act(kind, **body)
    assert done.proposal and made.approved(done).act
    assert made.desk.union.consents.open == {}
    assert made.desk.union.consents.turns == {"ana": 1}
    assert_lawful(made)


def test_a_consent_is_used_once_and_cannot_be_handed_in_again():
    made = world()
    text = consent_text_of(made.desk, "ana", "representative_named", EVA)
    line = signing_key("ana")(text)[0]
    assert consent(made.desk, OPERATOR, "ana", "representative_named", EVA, signature=line).act
    assert made.approved(named(made, "eva")).act
    back = {**EVA, "person": "r.ana"}
    assert signed(made, "representative_named", back, by="eva").act
    assert made.approved(named(made, "r.ana")).act
    assert codes(named(made, "eva")) == ["consent_missing"]
    assert codes(consent(made.desk, OPERATOR, "ana", "representative_named", EVA, signature=line)) == ["consent_unusable"]
    assert_lawful(made)


def test_a_later_consent_takes_the_place_of_one_that_was_not_used():
    """So a member takes a consent back: by the next one."""
    made = world()
    assert signed(made, "representative_named", EVA).act
    assert signed(made, "member_changed", NEW_KEY).act
    assert codes(named(made, "eva")) == ["consent_missing"]
    assert made.approved(made.act("member_changed", **NEW_KEY)).act
    assert_lawful(made)


def test_what_is_not_signed_by_the_member_for_this_act_is_no_consent():
    made = world()
    assert codes(signed(made, "member_changed", NEW_KEY, key="bo")) == ["consent_unusable"]
    assert codes(consent(made.desk, "r.ana", "ana", "member_changed", NEW_KEY)) == ["consent_unusable"]
    other = signing_key("ana")(consent_text_of(made.desk, "ana", "member_changed", {"code": "ana", "key": ""}))[0]
    assert codes(consent(made.desk, "r.ana", "ana", "member_changed", NEW_KEY, signature=other)) == ["consent_unusable"]
    assert codes(signed(made, "member_changed", {"code": "bo", "key": NEXT_KEY}, member="bo", by="r.bo")) == ["consent_unusable"]
    assert codes(signed(made, "member_suspended", {"code": "ana", "reason": "x"})) == ["consent_unusable"]
    assert codes(signed(made, "member_changed", NEW_KEY, by="r.bo")) == ["not_for_that_member"]
    forged = {"member": "ana", "kind": "member_changed", "body": NEW_KEY, "turn": 1, "key": "", "signature": "", "log": "elsewhere"}
    for wanted in (forged, {"member": "ana"}):
        assert codes(made.desk.do(Step(wanted=Wanted("consented", wanted)), by=OPERATOR)) == ["consent_unusable"]
    assert made.desk.union.consents.turns == {}
    assert_lawful(made)


def test_a_consent_for_another_union_or_another_turn_does_not_count():
    made = world()
    union, at_us = made.desk.union, made.desk.at_us
    line = signing_key("ana")(consent_text_of(made.desk, "ana", "member_changed", NEW_KEY))[0]
    step = consenting(union, "r.ana", "ana", kind="member_changed", body=NEW_KEY, signature=line, log="another.union", at_us=at_us)
    assert [each.code for each in step.refusals] == ["consent_unusable"]
    assert signed(made, "representative_named", EVA).act
    assert codes(consent(made.desk, "r.ana", "ana", "member_changed", NEW_KEY, signature=line)) == ["consent_unusable"]
    made.store.close()


def test_a_representative_with_a_key_of_its_own_signs_for_a_member_that_lost_its_key():
    made = world()
    assert signed(made, "person_changed", {"code": "r.ana", "key": NEXT_KEY}).act
    assert made.approved(made.act("person_changed", code="r.ana", key=NEXT_KEY)).act
    assert signed(made, "member_changed", {"code": "ana", "key": signing_key("bo").verifier.text()}, key="dee").act
    assert made.approved(made.act("member_changed", code="ana", key=signing_key("bo").verifier.text())).act
    assert codes(signed(made, "member_changed", NEW_KEY, key="ana")) == ["consent_unusable"]
    assert_lawful(made)


def test_what_was_proposed_before_the_member_had_a_key_is_not_approved_without_its_consent():
    made = world()
    waits = made.act("member_changed", code="bo", key=NEXT_KEY)
    assert made.approved(made.act("member_changed", code="bo", key=signing_key("bo").verifier.text())).act
    assert codes(made.desk.decide(waits.proposal, by=APPROVER, is_approved=True)) == ["consent_missing"]
    assert signed(made, "member_changed", {"code": "bo", "key": NEXT_KEY}, key="bo", by="r.bo", member="bo").act
    assert made.approved(waits).act
    assert_lawful(made)


def test_a_single_person_asks_the_member_too():
    made = world(text=COUNCIL.replace("[calendar]", "single_person = true\n[calendar]", 1))
    assert codes(made.act("member_changed", **NEW_KEY)) == ["consent_missing"]
    assert signed(made, "member_changed", NEW_KEY).act
    assert made.act("member_changed", **NEW_KEY).act
    assert_lawful(made)


# A log that its operator forged, and one of an earlier release.


def test_a_change_without_consent_or_with_a_made_up_one_is_found_in_a_history():
    made = world()
    smuggled(made, ("consented", OPERATOR, {"member": "ana", "kind": "member_changed", "body": NEW_KEY, "turn": 1, "key": "", "signature": "", "log": ""}))  # fmt: skip  # noqa: E501
    smuggled(made, ("representative_named", OPERATOR, EVA))
    found = [str(each) for each in replay_council(acts_of(made))]
    assert any("a consent that is not signed by the member" in each for each in found)
    assert any("representative_named without the consent of ana" in each for each in found)
    made.store.close()


def test_a_history_of_an_earlier_release_is_held_to_consents_from_the_first_on_and_a_later_one_from_its_founding():
    made = world()
    smuggled(made, ("representative_named", OPERATOR, EVA))
    history = acts_of(made)
    assert replay_council(history) == ()  # founded without the word, as unions were
    marked = [replace(history[0], body={**history[0].body, "consents": True}), *history[1:]]
    assert [each.where for each in replay_council(marked)] == [f"act {len(history)} (representative_named)"]
    made.sit_down()
    assert codes(named(made, "r.ana")) == ["consent_missing"]
    made.store.close()


# Interrupted.


def steps(made: Chamber) -> Iterator[Callable[[], Any]]:
    yield lambda: signed(made, "representative_named", EVA)
    yield lambda: named(made, "eva")
    yield lambda: decided(made)
    yield lambda: signed(made, "member_changed", NEW_KEY, by="eva")
    yield lambda: made.act("member_changed", **NEW_KEY) if made.desk.union.register.by_code["ana"].key != NEXT_KEY else None
    yield lambda: decided(made)


def decided(made: Chamber) -> None:
    for proposal in made.desk.union.approvals.pending(made.desk.at_us):
        assert not made.desk.decide(proposal.number, by=APPROVER, is_approved=True).refusals


def played(kind: str, at: int, *, before: bool) -> tuple[int, list[tuple[str, str, bytes]]]:
    made = world(kind)
    mortal = Mortal(made.store, at, before=before)
    made.store = mortal
    made.sit_down()
    to_the_end(made, steps(made))
    made.store = mortal.store
    made.sit_down()
    history: list[Act] = acts_of(made)
    assert made.desk.union.register.by_code["ana"].key == NEXT_KEY and made.desk.union.consents.open == {}
    assert_lawful(made)
    return mortal.count, [(act.kind, act.by, canonical(act.body)) for act in history]


@pytest.mark.parametrize(("kind", "before"), [("sqlite", True), ("sqlite", False), ("postgresql", False)])
def test_whatever_write_a_process_dies_at_a_consent_is_given_and_used_once(kind: str, before: bool):
    writes, wanted = played(kind, 0, before=before)
    assert writes == 6
    for at in range(1, writes + 1) if kind == "sqlite" else (1, 3, writes):
        assert played(kind, at, before=before)[1] == wanted, f"write {at} of {writes}"


def test_a_consent_says_what_it_is_given_to_in_words_that_anybody_can_read():
    made = world()
    text = consent_text_of(made.desk, "ana", "member_changed", NEW_KEY).decode()
    assert text.splitlines()[2:] == ["ana", "1", "member_changed", f'{{"code":"ana","key":"{NEXT_KEY}"}}']
    made.store.close()
