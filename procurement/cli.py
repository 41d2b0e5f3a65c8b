"""`sunlit …`: what operators, and people who check the office's work, do from a shell.

Text for people, `--format json` for machines. Exit status: 0 fine; 1 refused or failed, each reason a line on
standard error and, with `--format json`, also an object {"error": …, "problems": […]} on standard output; 2 wrong
use. Every command imports what it needs when it runs: `sunlit tally` needs no database and no web framework.
"""

import itertools
import json
import sys
from datetime import date, datetime
from functools import partial
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from procurement.clock import system_clock
from procurement.errors import N_, Problem, Refused, RuleBroken

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from config import Config
    from procurement.committee.retracing import Retraced
    from procurement.privacy.actions import Plan
    from procurement.rounds.scoring_rule import ScoringRule
    from procurement.scoring.tally import Tally

_FORM = "sunlit.form"


def _remember_form(ctx: click.Context, _param: click.Parameter, value: str) -> str:
    ctx.find_root().meta[_FORM] = value
    return value


as_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    is_eager=True,
    callback=_remember_form,
    help="Text for people or JSON.",
)


def print_json(value: object) -> None:
    """`value` as JSON on standard output, readable by people too."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


class _Failure(click.ClickException):
    """A refusal on its way to the shell."""

    def __init__(self, refused: Refused, *, as_json: bool) -> None:
        super().__init__(str(refused))
        self.refused, self.as_json = refused, as_json

    def show(self, file: IO[Any] | None = None) -> None:
        """One line for each problem on standard error; in JSON mode an object on standard output too."""
        for problem in self.refused.problems:
            click.echo(f"sunlit: {problem}", file=file, err=True)
        if self.as_json:
            problems = [{"message": str(p), "place": p.field} for p in self.refused.problems]
            print_json({"error": type(self.refused).__name__, "problems": problems})


class _Group(click.Group):
    """Commands whose refusals exit with 1, told in the format that was asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Refused as refused:
            raise _Failure(refused, as_json=ctx.find_root().meta.get(_FORM) == "json") from refused


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def sunlit() -> None:
    """Sunlit 阳光选品: goods are chosen in the open."""


def main() -> NoReturn:
    """Run a command. A refusal is told in sentences and exits with 1."""
    try:
        sunlit(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(1)
    sys.exit(0)


def installation() -> "tuple[Config, Engine]":
    """The configuration from the environment, and an engine on its database."""
    from config import Config
    from procurement.db import make_engine

    config = Config.from_environment()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    engine = make_engine(config.database)
    click.get_current_context().call_on_close(engine.dispose)
    return config, engine


@sunlit.command()
def migrate() -> None:
    """Bring the database to the tables of this version. Harmless when it has them."""
    from procurement.schema import current_revision, upgrade

    _, engine = installation()
    before = current_revision(engine)
    upgrade(engine)
    after = current_revision(engine)
    print(f"The database is at {after}." if before == after else f"The database went from {before} to {after}.")


@sunlit.command()
@click.option("--with-parent", is_flag=True, help="End when the process that started this ends.")
def worker(with_parent: bool) -> None:
    """Do queued jobs and send letters until told to stop."""
    import os
    import signal
    import threading

    from procurement import worker as working

    config, engine = installation()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    working.serve(engine, config, system_clock, stop, parent=os.getppid() if with_parent else None)


@sunlit.command()
@click.option("--accounts", is_flag=True, help="Print the accounts of the demonstration that is there.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), help="Default: JSON for accounts.")
def demo(accounts: bool, form: str | None) -> None:
    """Fill an empty installation with the demonstration. Harmless when it is there."""
    from procurement.demo import seed

    config, engine = installation()
    if accounts:
        found = seed.record(config)["accounts"]
        if form == "text":
            _print_table([["role", "e-mail", "password"], *([a["role"], a["email"], a["password"]] for a in found)])
        else:
            print_json(found)
        return
    if not seed.seed(engine, config, system_clock(), click.echo):
        click.echo("The demonstration is there already.")


@sunlit.command()
@click.option("--rules", type=click.File("rb"), required=True, help="The scoring rule, as JSON.")
@click.option("--scores", type=click.File("rb"), required=True, help="CSV: application,member,criterion,score.")
@click.option("--facts", type=click.File("rb"), help="JSON: prices, merchants, kinds, earlier selections.")
@click.option("--draw-key", help="The published key of the draw that breaks the last ties.")
@click.option(
    "--prefer",
    multiple=True,
    metavar="CODE=APPLICATION",
    help="A declared preference of the tie chain that was established for an application. Repeatable.",
)
@click.option("--steps/--no-steps", default=None, help="Print every step (default: in text, not in JSON).")
@as_format
def tally(
    rules: Any,
    scores: Any,
    facts: Any,
    draw_key: str | None,
    prefer: tuple[str, ...],
    steps: bool | None,
    form: str,
) -> None:
    """Rank applications by a scoring rule, exactly, from nothing but the rule and the scores; and a file of facts,
    where the rule asks for prices, caps or earlier selections."""
    from procurement.scoring.facts import Facts
    from procurement.scoring.score_file import read_scores
    from procurement.scoring.tally import tally as count

    rule = _read_rule(rules.read())
    preferences: dict[str, set[str]] = {}
    for entry in prefer:
        code, equals, application = entry.partition("=")
        if not (code and equals and application):
            raise click.BadParameter(f"{entry!r} is not CODE=APPLICATION.", param_hint="--prefer")
        preferences.setdefault(code, set()).add(application)
    known = None if facts is None else Facts.from_json(_read_json(facts.read(), N_("The facts")))
    marks = read_scores(scores.read(), rule)
    result = count(rule, marks, facts=known, draw_key=draw_key, preferences=preferences)
    if form == "json":
        print_json(result.to_json(steps=bool(steps)))
    else:
        _print_tally(result, steps=steps is not False)


def _read_rule(content: bytes) -> "ScoringRule":
    from procurement.rounds.scoring_rule import ScoringRule

    return ScoringRule.from_json(_read_json(content, N_("The rules")))


def _read_json(content: bytes, what: str) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=partial(_no_repeated_keys, what))
    except (ValueError, RecursionError) as error:
        raise RuleBroken(N_("%(what)s are not JSON in UTF-8: %(why)s"), what=what, why=str(error)[:200]) from error


def _no_repeated_keys(what: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON readers keep the last of repeated keys without a word; in frozen rules that would be a trap."""
    keys = [key for key, _ in pairs]
    if repeated := {key for key in keys if keys.count(key) > 1}:
        raise RuleBroken(N_("%(what)s give “%(key)s” twice in one object."), what=what, key=min(repeated)[:60])
    return dict(pairs)


def _print_tally(result: "Tally", *, steps: bool) -> None:
    rule = result.rule
    codes = [c.code for c in rule.criteria]
    rows = [["rank", "application", "total", *codes, "outcome"]]
    for line in result.ranking:
        values = [f"{r.text or '-'} ({r.count})" for r in line.criteria.values()]
        outcome = line.outcome.replace("_", " ")
        rows.append([str(line.rank or "-"), line.application, line.total_text or "-", *values, outcome])
    _print_table(rows)
    for told in result.ties:
        link = " ".join(filter(None, [told.by.by, told.by.code, told.by.method]))
        order = " > ".join(" = ".join(f"{a} ({told.compared[a]})" for a in group) for group in told.groups)
        click.echo(f"tie between {', '.join(told.tied)} broken by {link}: {order}")
    for group in result.unbroken_ties:
        click.echo(f"unbroken tie: {', '.join(group)}")
    for line in result.ranking:
        for problem in line.no_award:
            click.echo(f"{line.application}: {problem}")
    for step in result.selection:
        click.echo(f"selection: {step}")
    for note in result.notes:
        click.echo(f"note: {note}")
    if steps:
        for line in result.ranking:
            _print_steps(result, line.application)


def _print_steps(result: "Tally", application: str) -> None:
    click.echo(f"\n{application}")
    for step in result.steps(application):
        click.echo(f"  {step.what} {step.of}, {step.method}: {step.expression} = {step.told_value}")
        left_out = [f"{t.label} {t.value or ''}".strip() + f" ({t.why})" for t in step.terms if t.why]
        if left_out:
            click.echo(f"    left out: {', '.join(left_out)}")


def _print_table(rows: list[list[str]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@sunlit.command()
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--pool", type=int, help="How many are in the published, numbered pool.")
@click.option("--count", type=int, help="How many to draw.")
@click.option("--key", help="The published key.")
@click.option("--digest", type=click.Choice(["sha256", "md5"]), default="sha256", help="md5 is the RFC's own.")
@as_format
def draw(file: Any, pool: int | None, count: int | None, key: str | None, digest: Any, form: str) -> None:
    """Draw from a pool by RFC 3797, so that anybody gets the same numbers; or check a round's draws.

    FILE is the draws of a round as its page offers them (draws.json), or its evidence file. Without it, --pool,
    --count and --key say what to draw.
    """
    if file is not None:
        _check_draws(file.read(), form)
        return
    if pool is None or count is None or key is None:
        raise click.UsageError("Give FILE, or --pool, --count and --key.")
    from procurement.committee.draw import draw as drawn

    order = drawn(pool, count, key, digest)
    if form == "json":
        print_json({"order": order})
    else:
        click.echo(" ".join(map(str, order)))


def _check_draws(content: bytes, form: str) -> None:
    """Retrace the draws in `content` and say what does not follow; exit with 1 when something does not."""
    from procurement.evidence.draw_file import read_draws

    draws = read_draws(content)
    problems = [str(problem) for one in draws for problem in one.problems]
    if form == "json":
        print_json({"fine": not problems, "draws": [_told_draw(one) for one in draws]})
    else:
        for one in draws:
            _print_draw(one)
        click.echo("Everything follows." if not problems else f"It does not follow: {len(problems)} problems.")
    sys.exit(0 if not problems else 1)


def _told_draw(draw: "Retraced") -> dict[str, Any]:
    return {
        "purpose": draw.purpose.value,
        "number": draw.number,
        "announced_at": draw.announced_at.isoformat(),
        "exists_at": draw.announced.exists_at.isoformat(),
        "drawn_at": None if draw.drawn_at is None else draw.drawn_at.isoformat(),
        "key": None if draw.carried_out is None else draw.carried_out.key,
        "lots": [
            {
                "field": lot.lot.field,
                "seats": lot.lot.seats,
                "reserves": lot.lot.reserves,
                "pool": lot.lot.pool,
                "key": lot.key or None,
                "order": list(lot.order),
                "turns": [
                    {"place": turn.place, "number": turn.number, "seated": turn.seated, "passed": turn.passed}
                    for turn in lot.turns
                ],
            }
            for lot in draw.lots
        ],
        "problems": [str(problem) for problem in draw.problems],
    }


def _print_draw(draw: "Retraced") -> None:
    source = draw.announced.beacon or ", ".join(f"{one.name} {one.issue}" for one in draw.announced.lotteries)
    if draw.announced.beacon_round is not None:
        source += f", round {draw.announced.beacon_round}"
    click.echo(f"draw {draw.number} of {draw.purpose}: announced {draw.announced_at}, {source}")
    click.echo(f"  its randomness exists from {draw.announced.exists_at}")
    if draw.carried_out is None:
        click.echo("  not carried out yet")
    for position, lot in enumerate(draw.lots, 1):
        of = f" of {lot.lot.field}" if lot.lot.field else ""
        seats = f"{lot.lot.seats} seats and {lot.lot.reserves} reserves from {lot.lot.pool}"
        click.echo(f"  lot {position}{of}: {seats}" + (f", key {lot.key}" if lot.key else ""))
        for step, turn in itertools.zip_longest(lot.steps, lot.turns):
            became = "reserve" if turn is None else turn.seated or f"passed over ({turn.passed})"
            if step is not None:
                click.echo(f"    {step.number:5}  {step.digest} mod {step.left} = {step.index}  {became}")
    for problem in draw.problems:
        click.echo(f"  FOUND {problem}")


@sunlit.command("beacon")
@click.argument("number", type=int)
@click.option("--from", "server", default="https://api.drand.sh", help="Whoever brings it: it is verified here.")
@as_format
def fetch_beacon(number: int, server: str, form: str) -> None:
    """Fetch round NUMBER of the public beacon drand quicknet and verify its signature; print what a draw asks for.

    The web server never does this itself: it makes no request to anybody.
    """
    from procurement.committee.beacon import QUICKNET, randomness
    from procurement.committee.fetching import fetch_signature

    signature = fetch_signature(server, QUICKNET, number)
    found = {"round": number, "signature": signature, "randomness": randomness(number, signature)}
    if form == "json":
        print_json(found)
    else:
        for name, value in found.items():
            click.echo(f"{name:10}  {value}")


def _as_date(_ctx: click.Context, _param: click.Parameter, value: str) -> date:
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 (a day, not an instant)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a date like 2026-11-23.") from error


@sunlit.command()
@click.option("--from", "start", callback=_as_date, required=True, help="Day of the event; it is not counted.")
@click.option("--working-days", type=int, required=True, help="Length of the period.")
@click.option("--calendar", "name", type=click.Choice(["cn", "none"]), default="cn", help="none: Monday to Friday.")
@as_format
def deadline(start: date, working_days: int, name: Any, form: str) -> None:
    """Count a period in working days and say how it was counted."""
    from procurement.workdays import calendar
    from procurement.workdays import deadline as counted

    result = counted(start, working_days, calendar(name))
    if form == "json":
        print_json(result.to_json())
        return
    click.echo(f"{result.date} is the last day, counted from {result.counted_from}")
    for day in result.skipped:
        click.echo(f"  not counted: {day.date} {day.why}")
    for made_up in result.make_up:
        click.echo(f"  counted although a weekend day: {made_up}")
    if result.provisional:
        note = Problem(N_("provisional: the official arrangement of working days is not known yet"))
        click.echo(f"  {note}")


@sunlit.group()
def log() -> None:
    """The public log: audit it, sign checkpoints, make its key."""


@log.command("audit")
@click.option("--key", "key_text", help="The log's public key (name+id+base64) instead of the installation's own.")
@as_format
def log_audit(key_text: str | None, form: str) -> None:
    """Recompute the whole log and compare it with its checkpoints and with every table that follows from it."""
    from procurement.db import reading
    from procurement.publiclog import audit, keys, queries, signer
    from procurement.publiclog.checkpoint import NoteError, VerifierKey

    config, engine = installation()
    audit.load_steps()
    try:
        key = VerifierKey.parse(key_text) if key_text else keys.key_of(config).verifier
    except NoteError as error:
        raise click.BadParameter(str(error), param_hint="--key") from error
    with reading(engine) as session:
        handovers = queries.handovers(session)
    guard = signer.read_guard(keys.guard_of(config), key, *(one.new for one in handovers))
    with reading(engine) as session:
        report = audit.audit(session, key, guard)
    if form == "json":
        print_json(report.as_json())
    else:
        rows = ", ".join(f"{count} of {table}" for table, count in report.rows.items()) or "none"
        click.echo(f"{report.size} entries, root {report.root.hex()}")
        click.echo(f"{report.checkpoints} checkpoints, {report.disclosures} disclosures; rows compared: {rows}")
        for finding in report.findings:
            click.echo(f"FOUND {finding}")
        held = "The record holds." if report.fine else f"The record does not hold: {len(report.findings)} findings."
        click.echo(held)
    sys.exit(0 if report.fine else 1)


@log.command("checkpoint")
def log_checkpoint() -> None:
    """Sign the log as it stands, when it has grown, and print the newest checkpoint."""
    from procurement.db import reading
    from procurement.publiclog import keys, queries, signer

    config, engine = installation()
    signer.sign_checkpoint(engine, key=keys.key_of(config), guard=keys.guard_of(config), now=system_clock())
    with reading(engine) as session:
        latest = queries.latest_checkpoint(session)
    click.echo("The log is empty." if latest is None else latest.note, nl=latest is None)


@log.command("sign")
def log_sign() -> None:
    """Sign the log whenever it grows, and ask the witnesses, until told to stop.

    Give the workers SUNLIT_EMBEDDED_SIGNER=0 then. May run under an account of its own that alone can read the key.
    """
    import signal
    import threading

    from procurement.publiclog.jobs import sign_until

    config, engine = installation()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sign_until(engine, config, system_clock, stop)


@log.command("new-key")
@click.argument("origin")
@click.argument("path", type=click.Path(dir_okay=False))
def log_new_key(origin: str, path: str) -> None:
    """Make the key of the log ORIGIN (its address without https://) in the file PATH; print the public key."""
    from pathlib import Path

    from procurement.publiclog.checkpoint import NoteError
    from procurement.publiclog.keys import new_key

    try:
        click.echo(new_key(Path(path), origin).verifier)
    except NoteError as error:
        raise click.BadParameter(str(error), param_hint="ORIGIN") from error


@log.command("rotate-key")
@click.argument("path", type=click.Path(dir_okay=False))
@click.option("--reason", required=True, help="For the file: why the key is changed.")
@click.option(
    "--lost", "lost", metavar="KEY", help="The old key is lost; this was its public half. Read docs/running.md."
)
def log_rotate_key(path: str, reason: str, lost: str | None) -> None:
    """Hand the log over to the key in PATH, made when it is missing; the log keeps its origin.

    The log says so in an entry, and both keys sign that. From then on only the new key signs: let SUNLIT_LOG_KEY, and
    SUNLIT_LOG_PUBLIC_KEY where it is set, name it, and tell the witnesses. Run it again when it was interrupted.
    """
    from pathlib import Path

    from procurement.publiclog import keys
    from procurement.publiclog.checkpoint import NoteError, SigningKey, VerifierKey
    from procurement.publiclog.rotation import rotate

    config, engine = installation()
    old: SigningKey | VerifierKey
    try:
        old = VerifierKey.parse(lost) if lost else keys.key_of(config)
    except NoteError as error:
        raise click.BadParameter(str(error), param_hint="--lost") from error
    file = Path(path)
    new = keys.load_key(file, production=config.production) if file.exists() else keys.new_key(file, old.name)
    signed = rotate(engine, old=old, new=new, guard=keys.guard_of(config), reason=reason, now=system_clock())
    if signed is None:
        click.echo("The log has handed over to this key before.")
    else:
        signed_by = "The new key alone" if lost else "Both keys"
        click.echo(f"{signed_by} signed the log of {signed.size} entries. From now on only the new one signs:")
    click.echo(str(new.verifier))


@sunlit.group()
def decisions() -> None:
    """Published decisions: keep their time-stamps alive."""


@decisions.command("renew-timestamps")
@click.option("--dry-run", is_flag=True, help="Only say which decisions need a new time-stamp.")
@as_format
def renew_timestamps(dry_run: bool, form: str) -> None:
    """Put a new document time-stamp behind every published file whose last one ends soon.

    The worker does it by itself once a day. SUNLIT_RENEW_STAMPS_DAYS says how soon is soon.
    """
    from procurement.db import transaction
    from procurement.decisions.jobs import stamps_due
    from procurement.errors import N_, RuleBroken
    from procurement.jobs import enqueue

    config, engine = installation()
    if not dry_run and not config.timestamp_url:
        raise RuleBroken(N_("SUNLIT_TIMESTAMP_URL names no time-stamp authority."))
    due = stamps_due(engine, config, now=system_clock())
    if not dry_run:
        with transaction(engine) as session:
            for one in due:
                enqueue(session, "decisions.renew", {"decision": one.id}, system_clock())
    if form == "json":
        print_json([{"decision": one.ref, "ends": one.ends.isoformat()} for one in due])
        return
    for one in due:
        click.echo(f"{one.ref}: the last time-stamp ends on {one.ends:%Y-%m-%d}")
    queued = "" if dry_run or not due else " The worker puts them in."
    click.echo(f"{len(due)} decisions need a new time-stamp.{queued}")


@sunlit.group()
def user() -> None:
    """Accounts: the first one comes from here, all others by invitation."""


@user.command("create-admin")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", help="Of letters to this person.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@as_format
def create_admin(email: str, name: str, language: str, password_stdin: bool, form: str) -> None:
    """Make an administrator's account. The password is asked for and never taken from the command line."""
    from procurement.accounts import actions, passwords
    from procurement.db import transaction

    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    _, engine = installation()
    with transaction(engine) as session:
        user_id = actions.create_administrator(
            session,
            email=email,
            name=name,
            password=password,
            new_hash=passwords.hash_password(password),
            language=language,
            now=system_clock(),
        )
    if form == "json":
        print_json({"id": user_id, "email": email})
    else:
        click.echo(f"{email} can sign in as administrator.")


@sunlit.group()
def privacy() -> None:
    """Personal data: erase what is kept of somebody."""


@privacy.command("erase")
@click.argument("whose")
@click.option("--ground", help="Ground in law: a code of PIPL art. 47; pipl-47-3 is that consent was withdrawn.")
@click.option("--reason", default="", help="For the file: who asked, when, how you made sure who it is.")
@click.option("--dry-run", is_flag=True, help="Only say what would go, and what stays and why.")
@as_format
def privacy_erase(whose: str, ground: str | None, reason: str, dry_run: bool, form: str) -> None:
    """Erase the data of WHOSE; every proof of the log stays valid.

    WHOSE is account:ADDRESS, merchant:M-000012, objection:R2026-001-O02, recusal:R2026-001-RC01,
    observer:R2026-001:O3 or invitation:ADDRESS. It cannot be undone; begin with --dry-run.
    """
    from procurement.db import reading, transaction
    from procurement.privacy import actions
    from procurement.privacy.rules import parse_reference
    from procurement.publiclog.entries import GROUND_NAMES, Ground

    config, engine = installation()
    subject, name = parse_reference(whose)
    meant: dict[str, Any] = {"actor": None, "now": system_clock(), "zone": config.zone}
    meant |= {"subject": subject, "name": name}
    if dry_run:
        with reading(engine) as session:
            found = actions.plan(session, **meant)
    else:
        if ground not in set(Ground):
            known = "; ".join(f"{code}: {text}" for code, text in GROUND_NAMES.items())
            raise click.BadParameter(f"choose one. {known}", param_hint="--ground")
        with transaction(engine) as session:
            found = actions.erase(session, **meant, ground=Ground(ground), reason=reason)
    if form == "json":
        print_json(_told_erasure(found))
        return
    for line in (*found.going, *found.kept):
        verb = "stays " if line.stays else "goes  "
        count = f"{line.rows} rows, {len(line.digests)} disclosures"
        why = f": {line.stays}" if line.stays else ""
        click.echo(f"{verb} {line.whose.subject}: {line.part.what} ({count}){why}")
    for problem in found.open:
        click.echo(f"waits  {problem}")
    files = f" The worker takes {len(found.files)} files out of the store." if found.files else ""
    done = f"{len(found.disclosures)} disclosures were erased.{files} Now run: sunlit log audit"
    click.echo("Nothing was changed." if dry_run else done)


def _told_erasure(found: "Plan") -> dict[str, Any]:
    lines = [*found.going, *found.kept]
    return {
        "person": found.whose.person,
        "files": len(found.files),
        "disclosures": len(found.disclosures),
        "open": [str(problem) for problem in found.open],
        "parts": [
            {
                "subject": line.whose.subject,
                "part": line.part.code,
                "what": line.part.what,
                "rows": line.rows,
                "disclosures": len(line.digests),
                "stays": None if line.stays is None else str(line.stays),
            }
            for line in lines
        ],
    }


@log.command("export")
@click.argument("folder", type=click.Path(file_okay=False))
def log_export(folder: str) -> None:
    """Write the log into FOLDER as files that any web server can serve. Run again, it adds what is new."""
    from pathlib import Path

    from procurement.db import reading
    from procurement.publiclog import serving

    _, engine = installation()
    with reading(engine) as session:
        click.echo(f"{serving.export(session, Path(folder))} files written")


@log.command("repair")
@click.argument("place")
def log_repair(place: str) -> None:
    """After a backup was restored: replay the tail of the log from PLACE, a folder or an address."""
    from procurement.publiclog import keys
    from procurement.publiclog.repair import repair, source

    config, engine = installation()
    before, after = repair(
        engine,
        source(place),
        key=keys.key_of(config).verifier,
        guard=keys.guard_of(config),
        now=system_clock(),
    )
    click.echo(f"{after - before} entries replayed; the log has {after}. Now run: sunlit log audit")


@log.command("check-receipt")
@click.argument("receipt", type=click.File("r", encoding="utf-8"))
@click.argument("entry", type=click.File("rb"), required=False)
@click.option("--key", "key_texts", multiple=True, required=True, help="The log's key; again for each witness's.")
@click.option(
    "--succession",
    type=click.File("r", encoding="utf-8"),
    help="The log's /log/succession, where the key is one that it had before.",
)
@as_format
def log_check_receipt(
    receipt: IO[str],
    entry: IO[bytes] | None,
    key_texts: tuple[str, ...],
    succession: IO[str] | None,
    form: str,
) -> None:
    """Check that what the file RECEIPT holds, or the file ENTRY, is in the log. Needs no database and no network."""
    from procurement.publiclog.checkpoint import NoteError, VerifierKey
    from procurement.publiclog.receipt import Receipt
    from procurement.publiclog.succession import SuccessionError, keys_after, parse_succession
    from procurement.publiclog.verify import ProofError

    try:
        parsed = [VerifierKey.parse(text) for text in key_texts]
    except NoteError as error:
        raise click.BadParameter(str(error), param_hint="--key") from error
    try:
        found = Receipt.parse(receipt.read())
        if succession is not None:
            known = keys_after(parsed[0], parse_succession(succession.read()))
            parsed[0] = next((key for key in known if found.signed_with(key)), parsed[0])
        checkpoint, signed_by = found.check(None if entry is None else entry.read(), parsed)
    except (ProofError, SuccessionError, UnicodeDecodeError) as error:
        raise Refused(N_("The receipt does not hold: %(why)s"), why=str(error)) from error
    names = [key.name for key in signed_by]
    if form == "json":
        print_json({"holds": True, "index": found.index, "size": checkpoint.size, "signed_by": names})
        return
    click.echo(f"The receipt holds: this is entry {found.index} of {checkpoint.size}, signed by {', '.join(names)}.")
    if found.entry is not None:
        click.echo(found.entry.decode())


@sunlit.command()
@click.option(
    "--log",
    "log_keys",
    multiple=True,
    required=True,
    help="A log's public key; again for each log, and for each later key of one.",
)
@click.option("--name", required=True, help="The witness's name, for example witness.example.org.")
@click.option(
    "--folder", required=True, type=click.Path(file_okay=False), help="Where key, memory and evidence stay."
)
@click.option("--listen", default="127.0.0.1:9100", help="Address and port to answer at.")
def witness(log_keys: tuple[str, ...], name: str, folder: str, listen: str) -> None:
    """Watch somebody's log: sign that each checkpoint continues the last one, refuse forks and keep the evidence."""
    from pathlib import Path

    from procurement.publiclog.checkpoint import NoteError, VerifierKey
    from procurement.publiclog.witness_server import serve

    try:
        keys = [VerifierKey.parse(text) for text in log_keys]
    except NoteError as error:
        raise click.BadParameter(str(error), param_hint="--log") from error
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter("give an address and a port, like 127.0.0.1:9100", param_hint="--listen")
    serve(name, keys, Path(folder), host, int(port), clock=system_clock, say=click.echo)


@sunlit.command()
@click.argument("round_ref", metavar="ROUND")
@click.argument("file", type=click.File("wb"))
def archive(round_ref: str, file: IO[bytes]) -> None:
    """Write the file of a ROUND that is over, by the headings of the law, to FILE (a zip, kept for fifteen years)."""
    from procurement import storage
    from procurement.db import reading
    from procurement.evidence.archive import archive_of
    from procurement.publiclog.keys import verifier_of

    config, engine = installation()
    with reading(engine) as session:
        made = archive_of(
            session,
            round_ref,
            actor=None,
            key=verifier_of(config),
            store=storage.store(config),
            now=system_clock(),
            zone=config.zone,
        )
    file.write(made.content)
    click.echo(f"{len(made.content)} bytes of {round_ref} are written.", err=True)


@sunlit.command()
@click.argument("file", type=click.File("rb"))
@click.option("--policy", "policy_path", type=click.Path(exists=True, dir_okay=False), help="Whom you trust: a file.")
@as_format
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def verify(file: IO[bytes], policy_path: str | None, form: str, as_json: bool) -> None:
    """Check an evidence file of a round. Offline: needs no database, no web application and no key."""
    from procurement.evidence.checking import verify_file

    report = verify_file(file.read(), policy_path, now=system_clock())
    if as_json or form == "json":
        print_json(report.as_json())
    else:
        for fact in report.facts:
            click.echo(f"{fact.outcome.value:>15}  {fact.claim}")
            for problem in fact.details:
                click.echo(f"{'':>17}{problem}")
        click.echo(report.bottom_line)
    sys.exit(0 if report.fine else 1)


if __name__ == "__main__":
    main()
