"""An exported vote, counted again: every record proven on the log, every ballot's signature checked, the tally reckoned anew.

What is counted here shares nothing with what counted first. Source: rule R16, `docs/COUNCIL.md`.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from rescounter.terms.calendar import day_of, instant_us, knows_zone
from rescounter.verification import proofs
from rescounter.verification.records import faults_of_records
from rescounter.verification.verdict import Finding, Verdict
from rescounter.verification.weights import faults_of_weights, told_of_weights

__all__ = ["FORMAT", "verify_vote"]

FORMAT: Final = "rescounter-vote/1"
_ABSENT: Final = ""
_MALFORMED: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, OverflowError, RecursionError)
_ENDS_AS: Final = {"adopted": True, "void": True, "rejected": False}


def verify_vote(vote: object, *, verifier: str | None = None) -> Verdict:
    """Everything that is wrong with an exported vote, of whatever shape it is.

    Args: *verifier*: the key of the union's log as it was published; without it, the one that the export names is taken.
    """
    if not isinstance(vote, Mapping) or vote.get("format") != FORMAT:
        return _verdict([Finding("shape", "format", proofs.shown(vote.get("format") if isinstance(vote, Mapping) else vote), FORMAT)])
    try:
        found = list(faults_of_records(vote, verifier, check="record")) or list(_vote(vote, verifier))
    except _MALFORMED as fault:
        found = [Finding("shape", "vote.json", f"something else ({type(fault).__name__})", "a vote as rescounter council export writes it")]
    return _verdict(found) if found else _sound(vote, verifier)


def _verdict(findings: list[Finding]) -> Verdict:
    return Verdict(tuple(findings), (), ("anything: see what is wrong",))


def _sound(vote: Mapping[str, Any], verifier: str | None) -> Verdict:
    bodies = [(record["kind"], json.loads(record["body"])) for record in vote["records"]]
    closed = next(body for kind, body in bodies if kind == "motion_closed")
    cast = [body for kind, body in bodies if kind == "voted"]
    signed = sum(bool(body["key"]) for body in cast)
    proven = [
        f"{len(bodies)} records of motion {vote['motion']} stand on the log, from its tabling to its close"
        + (", and the act that decision brought about" if closed["outcome"] == "adopted" else ""),
        f"{len(cast)} ballots come to the tally on record, counted anew: {closed['tally']['reason']}",
        f"{signed} of {len(cast)} ballots are signed by the keys on record",
    ]
    opened, rule = (next(body for kind, body in reversed(bodies) if kind == wanted) for wanted in ("motion_opened", "motion_circulated"))
    of_weights, not_of_weights = told_of_weights(vote, opened, rule["rule"])
    proven += of_weights
    not_proven = ["that no ballot was kept off the records: whoever voted finds its own among them"]
    not_proven += not_of_weights
    if signed:
        not_proven.append("that the keys on record are the members': compare them with those that members published")
    if verifier is None:
        not_proven.append("that the log is the union's: name the key that was published with --verifier")
    return Verdict((), tuple(proven), tuple(not_proven))


# The vote.


def _vote(vote: Mapping[str, Any], verifier: str | None) -> Iterator[Finding]:
    acts = [(record, json.loads(record["body"])) for record in vote["records"]]
    content: Mapping[str, Any] = {}
    circulated: Mapping[str, Any] = {}
    opened: tuple[Any, Any] | None = None
    closed: tuple[Any, Any] | None = None
    ballots = []
    for record, body in acts:
        kind = record["kind"]
        if closed is None and body.get("motion") != vote["motion"]:
            yield Finding("motion", f"record {record['number']}", f"motion {body.get('motion')}", f"motion {vote['motion']}")
        if kind in ("motion_tabled", "motion_amended"):
            content, circulated = body, {}
        elif kind == "motion_circulated":
            circulated = body
        elif kind == "motion_opened":
            opened = record, body
        elif kind == "voted" and opened is not None:
            ballots.append((record, body))
        elif kind == "motion_closed":
            closed = record, body
        elif closed is None:
            yield Finding("motion", f"record {record['number']}", kind, "an act of this motion, in its turn")
    if not (content and circulated and opened and closed):
        yield Finding("motion", "records", "some are missing", "tabled, circulated, opened and closed")
        return
    yield from _frame(content, circulated, opened, closed)
    log = vote["checkpoint"].partition("\n")[0]
    if opened[1]["log"] != log:
        yield Finding("ballots", "the log that they are signed for", proofs.shown(opened[1]["log"]), proofs.shown(log))
    yield from faults_of_weights(vote, opened, circulated["rule"], verifier)
    yield from _signatures(circulated, opened[1], ballots)
    yield from _tally(vote, circulated, opened, closed, ballots)
    yield from _executed(acts, content, closed)


def _frame(
    content: Mapping[str, Any], circulated: Mapping[str, Any], opened: tuple[Any, Any], closed: tuple[Any, Any]
) -> Iterator[Finding]:
    """What was voted on is what circulated; the vote opened and closed at its dates."""
    told = {name: content[name] for name in ("kind", "body", "title", "text", "interested")}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    if circulated["digest"] != digest:
        yield Finding("motion", "its digest", circulated["digest"], digest)
    if not knows_zone(circulated["zone"]):
        yield Finding("dates", "zone", circulated["zone"], "a time zone of the IANA data")
        return
    if opened[0]["at_us"] < circulated["opens_from_us"]:
        yield Finding("dates", "opened", str(opened[0]["at_us"]), f"{circulated['opens_from_us']} or later")
    zone, days = circulated["zone"], circulated["voting_days"]
    ends = _midnight(opened[1]["reckoned_at_us"], days, zone)
    if opened[1]["closes_at_us"] != ends:
        yield Finding("dates", "end of the vote", str(opened[1]["closes_at_us"]), str(ends))
    if closed[0]["at_us"] < opened[1]["closes_at_us"]:
        yield Finding("dates", "closed", str(closed[0]["at_us"]), f"{opened[1]['closes_at_us']} or later")


def _midnight(at_us: int, days: int, zone: str) -> int:
    return instant_us(day_of(at_us, zone) + datetime.timedelta(days=days + 1), datetime.time(), zone)


def _signatures(circulated: Mapping[str, Any], opened: Mapping[str, Any], ballots: list[tuple[Any, Any]]) -> Iterator[Finding]:
    """Every ballot with a key is signed by it, in its turn."""
    turns: dict[str, int] = {}
    for record, body in ballots:
        member = body["member"]
        turns[member] = turns.get(member, 0) + 1
        if body["turn"] != turns[member]:
            yield Finding("ballots", f"record {record['number']}, turn", str(body["turn"]), str(turns[member]))
        parts = [opened["log"], body["motion"], circulated["digest"], member, body["turn"], body["choice"], body["to"]]
        text = "rescounter/ballot/1\n" + "".join(f"{part}\n" for part in parts)
        if body["key"] and not proofs.signs(body["key"], text.encode(), body["signature"]):
            yield Finding("ballots", f"record {record['number']}", "a signature of another key or text", f"one by the key of {member}")


def _tally(
    vote: Mapping[str, Any],
    circulated: Mapping[str, Any],
    opened: tuple[Any, Any],
    closed: tuple[Any, Any],
    ballots: list[tuple[Any, Any]],
) -> Iterator[Finding]:
    """Every number of the tally, how each member counts, and which ballots do not."""
    digest = "sha256:" + hashlib.sha256(vote["counted"].encode()).hexdigest()
    if closed[1]["counted"] != digest:
        yield Finding("tally", "how each member counted", digest, closed[1]["counted"])
    told, counted = closed[1]["tally"], json.loads(vote["counted"])
    sides, numbers = _recount(circulated, opened, ballots)
    for name, number in numbers.items():
        if told[name] != number:
            yield Finding("tally", name, str(told[name]), str(number))
    for each in counted["counted"]:
        if sides.get(each["member"]) != (each["choice"], each["present"]):
            yield Finding(
                "tally", each["member"], f"{each['choice'] or 'absent'}", f"{(sides.get(each['member']) or ['nobody'])[0] or 'absent'}"
            )
    if len(counted["counted"]) != len(sides):
        yield Finding("tally", "members counted", str(len(counted["counted"])), str(len(sides)))
    if _ENDS_AS.get(closed[1]["outcome"]) is not numbers["is_adopted"]:
        yield Finding("tally", "outcome", str(closed[1]["outcome"]), "adopted" if numbers["is_adopted"] else "rejected")
    if bool(closed[1]["decision"]) is not numbers["is_adopted"]:
        yield Finding("tally", "decision", str(closed[1]["decision"]), "a number where it is adopted, and no other")


def _recount(
    circulated: Mapping[str, Any], opened: tuple[Any, Any], ballots: list[tuple[Any, Any]]
) -> tuple[dict[str, tuple[str, bool]], dict[str, Any]]:
    """Choice and presence of each member, and the numbers: one pass over the ballots in order of time, then sums."""
    rule, begin, end = circulated["rule"], opened[0]["at_us"], opened[1]["closes_at_us"]
    weights = {code: weight for code, weight, _ in opened[1]["electorate"]}
    offices = {code: office for code, _, office in opened[1]["electorate"]}
    out = {code for code in opened[1]["interested"] if code in weights} if rule["excludes_interested"] else set()
    cast: dict[str, tuple[str, str, tuple[int, int]]] = {}
    for record, body in sorted(ballots, key=lambda each: (each[0]["at_us"], each[0]["number"])):
        member, to, at = body["member"], body["to"], (record["at_us"], record["number"])
        is_lost = member not in weights or member in out or not begin <= at[0] < end
        is_lost |= body["choice"] == "delegate" and (to == member or to not in weights or to in out)
        if not is_lost and not (rule["first_counted"] and member in cast):
            cast[member] = body["choice"], to, at
    sides = {code: (cast[code][0], True) for code in cast if cast[code][0] != "delegate"}
    own, carried = dict(sides), dict.fromkeys(weights, 0)
    for member, (choice, to, _) in sorted(cast.items(), key=lambda each: each[1][2]):
        if choice == "delegate" and to in own and carried[to] < rule["delegations_max"]:
            carried[to] += 1
            sides[member] = own[to]
    heard = begin if not rule["silence_days"] else _midnight(begin, rule["silence_days"], circulated["zone"])
    silent = _ABSENT if rule["silence"] == "absent" or end < heard else rule["silence"]
    for code in weights:
        is_silent = code not in sides and code not in out and code not in cast
        sides.setdefault(code, (silent if is_silent else _ABSENT, False))
    return sides, _numbers(rule, weights, offices, out, sides)


def _numbers(
    rule: Mapping[str, Any], weights: Mapping[str, int], offices: Mapping[str, str], out: set[str], sides: Mapping[str, tuple[str, bool]]
) -> dict[str, Any]:
    def size(codes: Any) -> int:
        return sum(weights[code] if rule["base"] == "weight" else 1 for code in codes)

    def of(side: str) -> list[str]:
        return [code for code in sides if sides[code][0] == side and code not in out]

    voters = [code for code in weights if code not in out]
    present = [code for code in voters if sides[code][1]]
    yes, no, abstaining, absent = (size(of(side)) for side in ("yes", "no", "abstain", _ABSENT))
    base = {"all": size(voters), "weight": size(voters), "present": yes + no + abstaining, "voting": yes + no}[rule["base"]]
    quorum, share = Fraction(rule["quorum"]) * len(voters), Fraction(rule["threshold"]) * base
    needed = int(share) + 1 if rule["passed"] or share.denominator > 1 else int(share)
    wanted = set(rule["quorum_offices"])
    has_quorum = len(present) >= quorum and (not wanted or any(offices[code] in wanted for code in present))
    vetoes = sorted(code for code in of("no") if code in rule["veto"])
    reached = (yes if rule["polarity"] == "for" else no) >= needed
    return {
        "entitled": size(voters),
        "excluded": size(out),
        "present": len(present),
        "present_needed": -(-quorum.numerator // quorum.denominator),
        "has_quorum": has_quorum,
        "for_it": yes,
        "against": no,
        "abstaining": abstaining,
        "absent": absent,
        "base": base,
        "needed": needed,
        "vetoes": vetoes,
        "is_adopted": has_quorum and not vetoes and base > 0 and reached is (rule["polarity"] == "for"),
    }


def _executed(acts: list[tuple[Any, Any]], content: Mapping[str, Any], closed: tuple[Any, Any]) -> Iterator[Finding]:
    """Right behind an adoption stands the act that it brings about, and behind nothing else anything."""
    behind = acts[acts.index(closed) + 1 :]
    if closed[1]["outcome"] != "adopted":
        if behind:
            yield Finding("execution", f"record {behind[0][0]['number']}", behind[0][0]["kind"], "nothing behind the close")
        return
    wanted = {**content["body"], "decision": closed[1]["decision"]}
    for record, body in behind[:1]:
        stands = (record["number"], record["by"], record["kind"], body) == (closed[0]["number"] + 1, "", content["kind"], wanted)
        if not stands:
            yield Finding("execution", f"record {record['number']}", f"{record['kind']} by {record['by'] or 'the union'}", content["kind"])
    if len(behind) != 1:
        yield Finding("execution", "records behind the close", str(len(behind)), f"one: {content['kind']}, by the union itself")
