"""Every text has its Chinese, and the tool that says so sees what it should."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
from babel.support import Translations

HOUSE = Path(__file__).resolve().parent.parent.parent


def _tool() -> ModuleType:
    loader = SourceFileLoader("translations_tool", str(HOUSE / "tools" / "translations"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


tool = _tool()

HEAD = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house with one marked text in Python and one in a template."""
    (tmp_path / "procurement").mkdir()
    (tmp_path / "templates" / "rounds").mkdir(parents=True)
    (tmp_path / "translations" / "fragments").mkdir(parents=True)
    (tmp_path / "babel.cfg").write_text((HOUSE / "babel.cfg").read_text())
    (tmp_path / "procurement" / "rules.py").write_text('x = 1\nERROR = N_("Too late by %(days)s days.")\n')
    (tmp_path / "templates" / "rounds" / "show.html").write_text(
        '<h1>{{ _("Round") }}</h1>\n{{ ngettext("%(num)s day", "%(num)s days", 3) }}\n'
    )
    return tmp_path


def _fragment(house: Path, area: str, *entries: tuple[str, str]) -> None:
    text = HEAD + "\n".join(f'msgid "{source}"\nmsgstr "{chinese}"\n' for source, chinese in entries)
    (house / "translations" / "fragments" / f"{area}.zh.po").write_text(text, encoding="utf-8")


RIGHT = (("Too late by %(days)s days.", "迟了%(days)s天。"), ("Round", "轮次"))
DAYS = '\nmsgid "%(num)s day"\nmsgid_plural "%(num)s days"\nmsgstr[0] "%(num)s天"\n'


def _complete(house: Path) -> None:
    _fragment(house, "rounds", *RIGHT)
    path = house / "translations" / "fragments" / "rounds.zh.po"
    path.write_text(path.read_text(encoding="utf-8") + DAYS, encoding="utf-8")


def test_this_house_is_complete() -> None:
    assert tool.faults(HOUSE) == []


def test_a_complete_small_house_has_no_faults(house: Path) -> None:
    _complete(house)
    assert tool.faults(house) == []


def test_missing_texts_are_named_with_their_place(house: Path) -> None:
    _fragment(house, "rounds", RIGHT[1])
    assert tool.faults(house) == [
        "procurement/rules.py:2: no Chinese for 'Too late by %(days)s days.'",
        "templates/rounds/show.html:2: no Chinese for '%(num)s day'",
    ]


@pytest.mark.parametrize(
    ("source", "chinese", "fault"),
    [
        ("Too late by %(days)s days.", "迟了。", "loses days"),
        ("Too late by %(days)s days.", "迟了%(days)s天，共%(all)s天。", "invents all"),
        ("Too late by %(days)s days.", "", "has an empty translation"),
        ("Round", "轮次,一览", "Latin punctuation"),
        ("Gone", "不见了", "nothing says 'Gone' any more"),
    ],
)
def test_faults_of_one_translation(house: Path, source: str, chinese: str, fault: str) -> None:
    _complete(house)
    _fragment(house, "another", (source, chinese))
    assert any(fault in said and "another.zh.po:6" in said for said in tool.faults(house))


def test_fuzzy_translations_are_faults_and_are_not_compiled(house: Path) -> None:
    _complete(house)
    path = house / "translations" / "fragments" / "rounds.zh.po"
    fuzzy = path.read_text(encoding="utf-8").replace('msgid "Round"', '#, fuzzy\nmsgid "Round"')
    path.write_text(fuzzy, encoding="utf-8")
    assert [f.split(": ", 1)[1] for f in tool.faults(house)] == ["'Round' is fuzzy"]
    assert "Round" not in tool.merged(house)


def test_two_areas_that_disagree_are_told(house: Path) -> None:
    _complete(house)
    _fragment(house, "z", ("Round", "批次"))
    assert tool.faults(house) == [
        "translations/fragments/z.zh.po:6: 'Round' has another translation in translations/fragments/rounds.zh.po:9"
    ]


def test_the_compiled_catalogue_translates(house: Path) -> None:
    _complete(house)
    compiled = tool.compile_catalogue(house)
    with compiled.open("rb") as file:
        chinese = Translations(file)
    assert chinese.gettext("Round") == "轮次"
    assert chinese.ngettext("%(num)s day", "%(num)s days", 3) == "%(num)s天"
    assert [p.name for p in sorted(compiled.parent.iterdir())] == ["messages.mo", "messages.po"]
