"""The draw of the committee and of observers' seats. Each check yields what is wrong. Pure."""

from collections.abc import Iterator

from procurement.committee.drawing import SourceKind
from procurement.committee.entries import MemberAppointed, ObserverAdmitted, ObserverAsked, ObserverWithdrew
from procurement.committee.retracing import retrace
from procurement.committee.rules import MemberKind
from procurement.errors import N_, Problem
from procurement.evidence.bundle import DISCLOSURES, NotEvidence
from procurement.evidence.facts import Record, Unknown, checks
from procurement.publiclog.entry import Disclosure
from procurement.rounds.rules import ExpertsChosen, ObserversChosen


@checks("committee_draw", N_("Drawn seats went to those whom the draw gives that was announced beforehand"))
def _drawn(record: Record) -> Iterator[Problem]:
    draws = retrace(record.envelopes)
    problems = [problem for draw in draws for problem in draw.problems]
    for n, _, entry in record.of(MemberAppointed):
        chosen = record.rules_at(n).committee.experts_chosen
        drawn = entry.drawn is not None
        if entry.kind_of == MemberKind.EXPERT and drawn is (chosen is ExpertsChosen.APPOINTED):
            problems.append(
                Problem(N_("%(member)s was not seated in the way that the rules say."), {"member": entry.member})
            )
        known = {(draw.purpose.value, draw.number): len(draw.lots) for draw in draws}
        if entry.drawn is not None and entry.drawn.lot > known.get(("experts", entry.drawn.draw), 0):
            problems.append(
                Problem(N_("%(member)s comes from no draw that was announced."), {"member": entry.member})
            )
    yield from problems
    waiting = [draw for draw in draws if draw.carried_out is None]
    if waiting and not problems:
        raise Unknown(
            N_("Draw %(number)s was announced and is not carried out yet; its randomness exists from %(at)s on."),
            number=waiting[0].number,
            at=waiting[0].announced.exists_at,
        )


@checks("draw_source", N_("The randomness is what its source published"))
def _source(record: Record) -> Iterator[Problem]:
    lotteries = [
        lottery
        for draw in retrace(record.envelopes, verify=False)
        if draw.announced.source == SourceKind.LOTTERY and draw.carried_out is not None
        for lottery in draw.lotteries
    ]
    if lotteries:
        raise Unknown(
            N_("Compare the numbers with what was published: %(lotteries)s."),
            lotteries="; ".join(f"{lottery.name} {lottery.issue}" for lottery in lotteries),
        )
    yield from ()  # a beacon's signature is verified where the draw is


@checks("names", N_("The members named are those who were entered and drawn"))
def _names(record: Record) -> Iterator[Problem]:
    if DISCLOSURES not in record.bundle.files:
        return
    digests = {(member, kind): digest for member, kind, digest in _commitments(record)}
    seen: set[tuple[str, str]] = set()
    for line in record.bundle.lines(DISCLOSURES):
        try:
            member, kind = str(line["member"]), str(line["field"])
            disclosure = Disclosure(str(line["salt"]), kind, str(line["value"]))
        except KeyError as error:
            raise NotEvidence(f"{DISCLOSURES} is not a list of disclosures") from error
        if digests.get((member, kind)) != disclosure.digest or (member, kind) in seen or len(line) != 4:
            yield Problem(
                N_("%(member)s is not whom the log has under that code (%(field)s)."),
                {"member": member, "field": kind},
            )
        seen.add((member, kind))


def _commitments(record: Record) -> Iterator[tuple[str, str, str]]:
    """(member, field, salted digest) of names, employers and places in the list."""
    draws = {draw.number: draw for draw in retrace(record.envelopes, verify=False) if draw.purpose == "experts"}
    for _, _, entry in record.of(MemberAppointed):
        yield entry.member, "name", str(entry.name.digest)
        yield entry.member, "employer", str(entry.employer.digest)
        if entry.drawn is None or entry.drawn.draw not in draws:
            continue
        lots = draws[entry.drawn.draw].lots
        if not 1 <= entry.drawn.lot <= len(lots):
            continue
        lot = lots[entry.drawn.lot - 1]
        for turn in lot.turns:
            if turn.seated == entry.member and 1 <= turn.number <= len(lot.commitments):
                yield entry.member, "pool", lot.commitments[turn.number - 1]


@checks("observers", N_("Observers' seats went in the order of asking, or of the draw"))
def _observers(record: Record) -> Iterator[Problem]:
    waiting: list[str] = []
    seated: set[str] = set()
    for n, envelope in enumerate(record.envelopes):
        match envelope.entry:
            case ObserverAsked(observer=observer):
                waiting.append(observer)
            case ObserverWithdrew(observer=observer):
                seated.discard(observer)
                waiting = [one for one in waiting if one != observer]
            case ObserverAdmitted(observer=observer, drawn=drawn):
                rule = record.rules_at(n).committee
                by_lot = rule.observers_chosen is ObserversChosen.DRAWN
                jumped = not by_lot and waiting[:1] != [observer]
                undrawn = by_lot and drawn is None and len(waiting) + len(seated) > rule.observers
                if observer not in waiting or jumped or undrawn or len(seated) >= rule.observers:
                    yield Problem(N_("%(who)s got an observer's seat that was another's."), {"who": observer})
                waiting = [one for one in waiting if one != observer]
                seated.add(observer)
