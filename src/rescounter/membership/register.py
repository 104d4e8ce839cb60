"""The register: members, people and limits, as the acts left them.

`Register.after` folds one act and passes over kinds that it does not know. What may not be recorded is told
by `refusals`, before; the fold itself only keeps the laws: codes are never used again, who left stays gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pyarrow as pa

from rescounter.membership.layers import Layers
from rescounter.membership.limits import LIMITS, Key, Steps, limit_at, limits_after
from rescounter.membership.members import MEMBER_DETAILS, PERSON_DETAILS, Limit, Member, Person, Role, Standing
from rescounter.membership.participants import PARTICIPANTS, participants_of, standing_of
from rescounter.membership.refusing import refusals
from rescounter.terms.acts import Act
from rescounter.terms.faults import holds

__all__ = ["LIMITS", "PARTICIPANTS", "Register", "refusals"]


_LIMITS_OF_CREDIT: Final = ("net_debit_cap", "aggregate_short_position")


@dataclass(frozen=True, slots=True)
class Register:
    """Who belongs to the union after some acts. Everything that depends on an instant is a method of that instant."""

    by_code: Layers[str, Member] = field(default_factory=Layers)
    persons: Layers[str, Person] = field(default_factory=Layers)
    steps: Layers[Key, Steps] = field(default_factory=Layers)

    @property
    def members(self) -> tuple[Member, ...]:
        """Everybody who ever joined, by code."""
        return tuple(sorted(self.by_code.flat().values(), key=lambda member: member.code))

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody who ever acted, by code; who was removed is not active."""
        return tuple(sorted(self.persons.flat().values(), key=lambda person: person.code))

    def member(self, code: str) -> Member | None:
        """The member of a code, None where nobody ever had it."""
        return self.by_code.find(code)

    def person(self, code: str) -> Person | None:
        """The person of a code, None where nobody ever had it."""
        return self.persons.find(code)

    def standing_at(self, code: str, at_us: int) -> Standing:
        """Where a member stands at an instant: who is leaving has left once *leaves_at_us* has come. Law: the member is known."""
        member = self.by_code.find(code)
        holds(member is not None, "a_member_is_known", code=code)
        return standing_of(self.by_code[code], at_us)

    def limit_of(self, member: str, currency: str, kind: str, at_us: int) -> int | None:
        """The limit in force at an instant, in minor units; None where none was set.

        Law: of the limits whose date has come, the one that was set last; who is in default has no credit any more.
        """
        known = self.by_code.find(member)
        if kind in _LIMITS_OF_CREDIT and known is not None and known.standing is Standing.DEFAULTED:
            return 0
        return limit_at(self.steps.find((member, currency, kind)) or (), at_us)

    def limits_at(self, at_us: int) -> pa.Table:
        """Every limit in force at an instant, as a table `LIMITS`, by member, currency and kind."""
        rows = sorted((key, step) for key, steps in self.steps.flat().items() for step in [_latest(steps, at_us)] if step is not None)
        columns = [[key[place] for key, _ in rows] for place in range(3)] + [[step[1] for _, step in rows], [step[0] for _, step in rows]]
        return pa.table(columns, schema=LIMITS)

    def limits_of(self, member: str) -> tuple[Limit, ...]:
        """Every limit of one member, those to come included, by currency, kind and date."""
        return tuple(
            Limit(member=member, currency=key[1], kind=key[2], amount_minor=amount, from_us=start)
            for key, steps in sorted(self.steps.flat().items())
            if key[0] == member
            for start, amount in steps
        )

    def participants(self, at_us: int) -> pa.Table:
        """Every member as the table `PARTICIPANTS`, by code, as it stands at an instant."""
        return participants_of(self.by_code.flat(), at_us)

    def after(self, act: Act) -> Register:
        """The register with one more act."""
        body = act.body
        match act.kind:
            case "founded":
                return replace(self, persons=self.persons.changed({each["code"]: _person(each) for each in body.get("people", ())}))
            case "person_added":
                holds(body["code"] not in self.persons, "codes_are_never_used_again", code=body["code"])
                return replace(self, persons=self.persons.changed({body["code"]: _person(body)}))
            case "person_changed" | "person_removed":
                return self._with_person(act)
            case "members_joined":
                return self._with_members(act)
            case "member_changed" | "member_suspended" | "member_reinstated" | "member_withdrew" | "member_expelled" | "default_declared":
                return self._with_changed(act)
            case "default_ended":
                return self._with_changed(act)
            case "called":
                return self._with_late(act)
            case "limits_set":
                return replace(self, steps=limits_after(self.steps, body["limits"], at_us=act.at_us))
        return self

    def _with_person(self, act: Act) -> Register:
        person = self.persons.find(act.body["code"])
        holds(person is not None and person.is_active, "only_who_is_there_changes", code=act.body["code"])
        old = self.persons[act.body["code"]]
        new = replace(old, is_active=False) if act.kind == "person_removed" else _changed_person(old, act.body)
        return replace(self, persons=self.persons.changed({old.code: new}))

    def _with_members(self, act: Act) -> Register:
        new = {each["code"]: _member(each, act.at_us) for each in act.body["members"]}
        holds(
            len(new) == len(act.body["members"]) and not any(code in self.by_code for code in new),
            "codes_are_never_used_again",
            act=act.number,
        )
        return replace(self, by_code=self.by_code.changed(new))

    def _with_late(self, act: Act) -> Register:
        """Members that paid in late are suspended by the act that calls anew, where the rulebook says so."""
        every = (self.by_code[code] for code in act.body.get("suspended", ()))
        late = (each for each in every if each.standing is not Standing.DEFAULTED)
        return replace(self, by_code=self.by_code.changed({each.code: replace(each, standing=Standing.SUSPENDED) for each in late}))

    def _with_changed(self, act: Act) -> Register:
        old, is_run_off = self.by_code.find(act.body["code"]), act.kind in ("member_reinstated", "default_declared", "default_ended")
        is_there = old is not None and (is_run_off or standing_of(old, act.at_us) is not Standing.LEFT)
        holds(is_there, "who_left_stays_gone", code=act.body["code"])
        new = _changed_member(self.by_code[act.body["code"]], act)
        return replace(self, by_code=self.by_code.changed({new.code: new}))


def _latest(steps: Steps, at_us: int) -> tuple[int, int] | None:
    return next((step for step in reversed(steps) if step[0] <= at_us), None)


def _member(details: Mapping[str, Any], at_us: int) -> Member:
    text = details.get
    return Member(
        code=details["code"],
        name=details["name"],
        lei=text("lei", ""),
        bic=text("bic", ""),
        country=text("country", ""),
        group=text("group", ""),
        under=text("under", ""),
        account=text("account", ""),
        key=text("key", ""),
        settles_in=text("settles_in", ""),
        joined_at_us=at_us,
    )


def _person(details: Mapping[str, Any]) -> Person:
    return Person(
        code=details["code"],
        name=details.get("name") or details["code"],
        roles=frozenset(Role(role) for role in details["roles"]),
        member=details.get("member", ""),
        key=details.get("key", ""),
    )


def _changed_person(old: Person, details: Mapping[str, Any]) -> Person:
    kept: dict[str, Any] = {name: getattr(old, name) for name in PERSON_DETAILS}
    return _person({**kept, **{name: details[name] for name in PERSON_DETAILS if name in details}})


def _changed_member(old: Member, act: Act) -> Member:
    body = act.body
    match act.kind:
        case "member_suspended":
            return replace(old, standing=Standing.SUSPENDED)
        case "default_declared":
            return replace(old, standing=Standing.DEFAULTED)
        case "default_ended" if body["outcome"] == "closed":
            return replace(old, leaves_at_us=act.at_us if old.leaves_at_us is None else min(old.leaves_at_us, act.at_us))
        case "member_reinstated" | "default_ended":
            return replace(old, standing=Standing.ACTIVE if old.leaves_at_us is None else Standing.LEAVING)
        case "member_withdrew" | "member_expelled":
            # A proposal may be approved after its date: nobody leaves before the act.
            wanted = max(body["leaves_at_us"], act.at_us)
            leaves = wanted if old.leaves_at_us is None else min(old.leaves_at_us, wanted)
            standing = old.standing if old.standing in (Standing.SUSPENDED, Standing.DEFAULTED) else Standing.LEAVING
            return replace(old, standing=standing, leaves_at_us=leaves)
    return replace(old, **{name: body[name] for name in MEMBER_DETAILS if name in body})
