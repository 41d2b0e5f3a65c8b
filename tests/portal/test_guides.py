"""The guides: one for each role, the same in both languages, their links lead somewhere."""

import re

import pytest
from flask.testing import FlaskClient

from procurement.access import Role
from procurement.portal.guides import FOLDER, ROLES, read
from tests.visiting import Visitor, text_of


def test_every_role_that_acts_has_a_guide_in_both_languages() -> None:
    without = {Role.VISITOR, Role.HANDLER}
    assert {str(role) for role in Role if role not in without} <= ROLES.keys()
    assert {path.name for path in FOLDER.iterdir()} == {
        f"{role}.{lang}.md" for role in ROLES for lang in ("en", "zh")
    }


@pytest.mark.parametrize("role", ROLES)
def test_both_languages_say_the_same_things_in_the_same_order(role: str) -> None:
    english, chinese = (str(read(role, lang).html) for lang in ("en", "zh"))
    shape = re.compile(r"<(h2|h3|ul|ol|li)\b")
    assert shape.findall(english) == shape.findall(chinese)
    assert re.search(r"[\u4e00-\u9fff]", english) is None


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("role", ROLES)
def test_a_guide_is_a_page(client: FlaskClient, role: str, lang: str) -> None:
    guide = read(role, lang)
    page = Visitor(client).get(f"/{lang}/guides/{role}")
    assert page.text.count("<h1") == 1
    assert f'href="/{lang}/guides/{role}"' in Visitor(client).get(f"/{lang}/guides/").text
    for heading, name in guide.sections:
        assert f'href="#{name}"' in page.text
        assert heading in text_of(page)


def test_there_is_no_other(client: FlaskClient) -> None:
    Visitor(client).get("/en/guides/..%2f..%2fREADME", status=404)
    Visitor(client).get("/en/guides/nobody", status=404)
