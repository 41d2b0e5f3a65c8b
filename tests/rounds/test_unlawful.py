"""The words that are looked for: what must be found, and what an honest call says that must not be."""

from dataclasses import replace

import pytest

from procurement.rounds.defaults import default_document
from procurement.rounds.rules import Office
from procurement.rounds.scoring_rule import Text
from procurement.rounds.unlawful import LOCAL, LOWEST, MINIMUM, VOTES, own_places, written
from tests.worlds.rounds import small_document

FOUND = [
    (
        LOCAL,
        (
            "本县企业加5分|本地产品优先|本土品牌|当地农户|产自本县|原产于本地|县域内合作社|辖区内商家|注册地在本县|注册在我县"
            "|获得市级荣誉|省级以上名牌|县级龙头企业|市政府颁发的奖|本地业绩"
            "|local companies|local origin|locally grown"
            "|home-grown goods|registered in this county|grown in the county|produced within our province"
            "|producers from this county|county award|municipal-level honour|an award of the county"
            "|prizes by the city"
        ),
    ),
    (
        LOWEST,
        (
            "签订最低价协议|承诺全网最低价|保证最低价|全网最低|其他平台不得更低|任何渠道价格不得低于本次"
            "|a lowest-price guarantee|promises the lowest price|agree to give us the lowest price"
            "|never sold for less"
            "|may not be offered elsewhere at a lower price"
        ),
    ),
    (
        MINIMUM,
        (
            "最低消费50元|不得摊派|认购任务|销售指标|保底销量|干部职工每人应购买|各单位必须认购|人均消费不低于50元"
            "|minimum spend|a purchase quota|sales target|staff must buy|required to purchase|guaranteed sales"
        ),
    ),
    (
        VOTES,
        (
            "网络投票|微信投票结果|票选|得票数|点赞|人气|粉丝数|播放量|转发次数|关注度|网络影响力|online voting"
            "|votes|likes|number of followers|popularity|page views|clicks|viewers"
        ),
    ),
]
CASES = [(pattern, text) for pattern, texts in FOUND for text in texts.split("|")]


@pytest.mark.parametrize(("pattern", "text"), CASES, ids=[text for _, text in CASES])
def test_found(pattern: object, text: str) -> None:
    assert pattern.search(text)  # type: ignore[attr-defined]


FINE = """
地理标志授权证明|本产品近7日最低成交价|价格不低于成本|国家标准|产地检疫合格证|产地说明到乡镇|由具备资质的检验机构出具
|不低于最低库存|直播价与近30日最低成交价的比较|县级以上人民政府农业农村部门核发的证书|营业执照|生产许可证|优秀的口感|本轮次|本产品
|Lowest actual price of the previous 7 days|Origin to the township, with evidence|Authorisation to use the GI
|quality review|reviews and outcomes of complaints|price evidence|a minimum stock of 500
|a licence of the competent authority|trace code
|recognisable among others of its kind|locality of the base|the county's inspection institute
""".replace("\n", "").strip()


@pytest.mark.parametrize("text", FINE.split("|"))
def test_what_an_honest_call_says_is_left_alone(text: str) -> None:
    for pattern in (LOCAL, LOWEST, MINIMUM, VOTES):
        found = pattern.search(text)
        assert found is None, found


def test_the_default_criteria_and_conditions_are_clean() -> None:
    document = default_document(title=Text("A", "甲"), office=Office(), zone="Asia/Shanghai")
    for one in written(document):
        for pattern in (LOCAL, LOWEST, MINIMUM, VOTES):
            assert pattern.search(one.whole) is None, one


@pytest.mark.parametrize(
    ("en", "zh", "places"),
    [
        ("", "青溪县选品工作办公室", {"青溪县", "青溪"}),
        ("", "湖南省永州市东安县人民政府", {"湖南省", "湖南", "永州市", "永州", "东安县", "东安"}),
        ("", "宁夏回族自治区银川市金凤区", {"宁夏回族自治区", "宁夏回族", "银川市", "银川", "金凤区", "金凤"}),
        ("", "市场监督管理局", set()),
        ("", "国家乡村振兴局", set()),
        ("", "住房和城乡建设局", set()),
        ("", "农业农村局", set()),
        ("", "本县人民政府", set()),
        ("", "滨江路1号", set()),
        ("Office of Qingxi County", "", {"Qingxi"}),
        ("People's Government of New Harbour City", "", {"New Harbour"}),
        ("The County Government", "", set()),
        ("Selection office", "", set()),
    ],
)
def test_places_are_read_from_the_offices_name(en: str, zh: str, places: set[str]) -> None:
    document = replace(small_document(), office=Office(name=Text(en, zh)))
    assert own_places(document) == places
