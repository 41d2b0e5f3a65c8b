"""The layer of decisions: the time for objections is over, the decision is drawn up, sealed, signed, published.

world = deciding_round(noticed_round(opened_round(…)))
config = installation(tmp_path, world)
decided_round(world, config)       # or step by step: drawn_up, sealed, approve, signed, published
"""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from config import Config
from procurement import worker
from procurement.accounts import queries as accounts
from procurement.db import reading, transaction
from procurement.decisions import actions, queries
from procurement.decisions.actions import Choice, Place
from procurement.decisions.document import Effect, Outcome
from procurement.decisions.queries import DecisionView
from procurement.jobs import load_handlers
from procurement.publiclog import queries as log
from procurement.publiclog.checkpoint import SigningKey
from procurement.rounds.scoring_rule import Text
from tests.worlds.objections import notice_closes
from tests.worlds.people import PASSWORD, Person
from tests.worlds.scoring import ScoringWorld

REASONS = Text(
    "The first in rank reached the highest total under the frozen rule, with complete evidence.",
    "名次第一的产品在锁定规则下总分最高，证明材料齐全，故予选定。",
)
MINUTE = Text(
    "The merchant who was first withdrew its offer in writing after the notice.",
    "名次第一的商家在公示期满后书面声明退出，依次由名次第二者入选。",
)
PLACE = Place("https://sunlit.example.org", demonstration=True)


LOG_KEY = SigningKey("example.org/log", bytes(range(32)))


def installation(folder: Path, world: ScoringWorld) -> Config:
    """Settings under which the jobs run: blobs and keys in `folder`, and beside them, for each copy of a database,
    what its log has promised."""
    url = world.engine.url.render_as_string(hide_password=False)
    guard = folder / "guards" / sha256(url.encode()).hexdigest()
    keep_promise(world, guard)
    return Config(
        environment="test",
        data_dir=folder / "data",
        database_url=url,
        log_key=str(log_key(folder)),
        log_guard=str(guard),
        receipt_seconds=0,  # nobody signs beside a test
    )


def log_key(folder: Path) -> Path:
    """The file in `folder` with the key by which the logs of all worlds are signed."""
    path = folder / "log.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{LOG_KEY.encoded()}\n")
    return path


def keep_promise(world: ScoringWorld, guard: Path) -> None:
    """Put the newest checkpoint of the world's log, if it has one, into the guard file."""
    with reading(world.engine) as session:
        latest = log.latest_checkpoint(session)
    if latest is not None:
        guard.parent.mkdir(parents=True, exist_ok=True)
        guard.write_text(latest.note)


def deciding_round(world: ScoringWorld) -> ScoringWorld:
    """The notice is over and nothing is open: the clock stands at the instant the window closed."""
    world.clock.move_to(notice_closes(world))
    return world


def choice(world: ScoringWorld, **changes: Any) -> Choice:
    """To confirm what the rule gives, in Chinese, for a year less a few days; `changes` replace parts of it."""
    with reading(world.engine) as session:
        drawing = queries.drawing_of(session, world.ref, actor=world.organiser.actor, now=world.clock())
    plain: dict[str, Any] = {
        "effect": Effect.CONFIRMED,
        "language": "zh",
        "outcomes": {line.application: line.by_rule for line in drawing.ranking},
        "reasons": REASONS,
        "departure": None,
        "valid_until": date(2027, 2, 28),
    }
    return Choice(**(plain | changes))


def departing(outcomes: Mapping[str, Outcome], **changes: Outcome) -> dict[str, Outcome]:
    """`outcomes` with some applications decided differently."""
    return {**outcomes, **changes}


def drawn_up(world: ScoringWorld, made: Choice | None = None) -> str:
    """The organiser draws it up; returns its reference."""
    with transaction(world.engine) as session:
        return actions.draw_up(
            session,
            actor=world.organiser.now(session),
            now=world.clock(),
            ref=world.ref,
            choice=made or choice(world),
            place=PLACE,
        )


def work(world: ScoringWorld, config: Config) -> int:
    """The worker does what waits; returns how much that was."""
    load_handlers()
    return worker.run_pending(world.engine, config, world.clock)


def sealed(world: ScoringWorld, config: Config, made: Choice | None = None) -> str:
    """Drawn up, set and sealed."""
    ref = drawn_up(world, made)
    work(world, config)
    return ref


def view(world: ScoringWorld, ref: str, *, by: Person | None = None) -> DecisionView:
    """The decision as one of its signatories sees it."""
    with reading(world.engine) as session:
        return queries.decision_to_sign(session, ref, actor=(by or world.organiser).now(session), now=world.clock())


def approve(
    world: ScoringWorld, ref: str, person: Person, *, dissent: str = "", password: str = PASSWORD, seen: str = ""
) -> None:
    """`person` signs what they were shown."""
    seen = seen or view(world, ref, by=person).sha256
    with reading(world.engine) as session:
        attempt = accounts.own_attempt(session, actor=person.now(session), password=password)
    with transaction(world.engine) as session:
        actions.approve(
            session,
            actor=person.now(session),
            now=world.clock(),
            ref=ref,
            document=seen,
            dissent=dissent,
            attempt=attempt,
        )


def signed(world: ScoringWorld, config: Config, ref: str, *, dissents: Mapping[str, str] | None = None) -> None:
    """Everybody signs: the members, then the organiser and the supervisor."""
    for position, person in enumerate(world.members, start=1):
        approve(world, ref, person, dissent=(dissents or {}).get(f"M{position}", ""))
    work(world, config)
    for person in (world.organiser, world.supervisor):
        approve(world, ref, person)
    work(world, config)


def published(world: ScoringWorld) -> str:
    """The organiser publishes it; returns its reference."""
    with transaction(world.engine) as session:
        return actions.publish(session, actor=world.organiser.now(session), now=world.clock(), ref=world.ref)


def decided_round(world: ScoringWorld, config: Config, made: Choice | None = None) -> str:
    """From the end of the notice to the published decision; returns its reference."""
    ref = sealed(world, config, made)
    signed(world, config, ref)
    return published(world)
