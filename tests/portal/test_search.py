"""Search follows the log: nothing is found before an act made it public, and what is withdrawn is found no more."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from procurement.db import reading, transaction
from procurement.portal.search import SearchKind, behind, catch_up, search
from procurement.web import edge
from tests.conftest import MovableClock
from tests.visiting import Visitor, text_of
from tests.worlds.applications import PRODUCTS, AppliedWorld, applied_round, checked_round, close_applications
from tests.worlds.people import people
from tests.worlds.rounds import draft_round, published_round


@pytest.fixture
def engine(app: Flask) -> Engine:
    with app.app_context():
        return edge().engine


@pytest.fixture
def applied(engine: Engine, clock: MovableClock) -> AppliedWorld:
    return applied_round(published_round(people(engine, clock()), clock))


def catch(engine: Engine) -> int:
    with transaction(engine) as session:
        return catch_up(session)


def found(engine: Engine, query: str, kind: SearchKind | None = None) -> list[tuple[str, str]]:
    with reading(engine) as session:
        answers, _more = search(session, query, kind=kind)
    return [(answer.kind.value, answer.ref) for answer in answers]


def test_a_draft_is_not_found(engine: Engine, clock: MovableClock) -> None:
    draft_round(people(engine, clock()), clock)
    catch(engine)
    assert found(engine, "Oranges") == []


def test_a_published_round_is_found_in_both_languages_and_by_its_number(applied: AppliedWorld) -> None:
    assert found(applied.engine, "oranges") == []
    catch(applied.engine)
    wanted = [("round", applied.ref)]
    for query in ("oranges", "ORANGES spring", "oran", "脐橙", "春季 脐橙", "橙", applied.ref):
        assert found(applied.engine, query) == wanted, query
    for query in ("oranges winter", "橙脐", "'; DROP TABLE round; --", '" XOR "', "*"):
        assert found(applied.engine, query) == [], query


def test_products_are_found_only_once_the_check_is_closed(applied: AppliedWorld) -> None:
    close_applications(applied)
    catch(applied.engine)
    assert found(applied.engine, PRODUCTS[0]) == []
    checked_round(applied)
    assert catch(applied.engine) > 0
    assert ("product", applied.refs[0]) in found(applied.engine, PRODUCTS[0])
    assert found(applied.engine, PRODUCTS[0], SearchKind.ROUND) == []
    assert catch(applied.engine) == 0, "nothing new, nothing changed"


def test_it_knows_when_the_log_has_grown(applied: AppliedWorld) -> None:
    with reading(applied.engine) as session:
        assert behind(session)
    catch(applied.engine)
    with reading(applied.engine) as session:
        assert not behind(session)


def test_the_page_leads_to_what_was_found(client: FlaskClient, applied: AppliedWorld) -> None:
    checked_round(close_applications(applied))
    catch(applied.engine)
    visitor = Visitor(client)
    assert "appears here" in text_of(visitor.get("/en/search"))
    assert "Try fewer words" in text_of(visitor.get("/en/search?q=nothing-like-it"))
    page = visitor.get(f"/zh/search?q={PRODUCTS[0]}")
    assert f'href="/zh/applications/{applied.refs[0]}"' in page.text
    visitor.get("/en/search?q=%22&page=-3&kind=nonsense")


def test_the_register_of_businesses_names_those_with_an_eligible_product(
    client: FlaskClient, applied: AppliedWorld
) -> None:
    visitor = Visitor(client)
    assert "appear here" in text_of(visitor.get("/en/merchants/"))
    checked_round(close_applications(applied))
    catch(applied.engine)
    page = visitor.get("/en/merchants/")
    with reading(applied.engine) as session:
        answers, _more = search(session, "M", kind=SearchKind.MERCHANT)
    refs = [answer.ref for answer in answers]
    assert refs
    for ref in refs:
        assert ref in page.text
        assert PRODUCTS[0] in visitor.get(f"/en/merchants/{ref}").text or len(refs) > 1
    visitor.get("/en/merchants/M-999999", status=404)
