"""Words in a round's rules that would make it unlawful or a contest of fame. Pure.

The tables say what is looked for; `lint` decides how serious a find is. Words can be avoided, so this is a help for
the honest and a hurdle for others; the fair-competition review and objections are what holds.

* A place, its businesses or its awards preferred: Implementing Regulation of the Government Procurement Law art. 20,
  Business Environment Regulation art. 13, Fair Competition Review Regulation arts. 8 to 10.
* A promise of the lowest price: guideline of Shanghai (read as quoted); ask for evidence of prices instead.
* Anybody made to buy or to sell: Government Sanctions Law art. 38.
* Votes and popularity, which measure traffic.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import Text


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_BUSINESS_ZH = "企业|公司|产品|商家|商户|品牌|农户|货|合作社|注册|户籍|籍|种植|生产|养殖|产地"
_BUSINESS_EN = r"firm|compan|enterprise|business|merchant|product|producer|brand|farmer|cooperative|goods"
_AWARD_ZH = "知名|著名|名优|名牌|优秀|荣誉|称号|奖|龙头"

LOCAL = _words(
    rf"本(?:县|市|省|区|州|旗|乡|镇|村|地|土)(?:的|内|域)?(?:{_BUSINESS_ZH})",
    rf"当地(?:的)?(?:{_BUSINESS_ZH})",
    r"(?:产自|原产(?:于)?|来自|位于|限于)(?:本|当|我)(?:县|市|省|区|州|旗|乡|镇|村|地)",
    r"(?:县|市|省|区)域内(?:的)?(?:" + _BUSINESS_ZH + ")",
    r"辖区内(?:的)?(?:" + _BUSINESS_ZH + ")",
    r"注册地(?:在|为|址)",
    r"注册在(?:本|我|当)",
    r"本地业绩",
    rf"(?:县|市|省|区)(?:级)?(?:及?以上)?(?:政府)?(?:颁发的?|评定的?|认定的?)?(?:{_AWARD_ZH})",
    rf"\blocal(?:ly)?[ -](?:{_BUSINESS_EN}|register|award|origin|grown|made|produced|sourced)",
    r"\bhome[- ]grown",
    r"\b(?:registered|based|produced|located|grown|made|resident|origin(?:ating)?) (?:in|from|within) "
    r"(?:the |this |our )(?:county|city|province|district|town|village|prefecture|region)",
    rf"\b(?:{_BUSINESS_EN})\w* (?:of|from|in|within) (?:the|this|our) "
    r"(?:county|city|province|district|town|village|prefecture|region)",
    r"\b(?:county|city|municipal|provincial|district)(?:[- ]level)? (?:award|honou?r|prize|title|famous|leading)",
    r"\b(?:award|honou?r|prize|title)s? (?:\w+ )?(?:of|from|by) (?:the |this |our )"
    r"(?:county|city|province|district|town|prefecture)",
)
LOWEST = _words(
    r"最低价(?:协议|承诺|保证)",
    r"(?:承诺|保证|签订|提供)[^。；，\n]{0,8}(?:全网)?最低价",
    r"全网最低",
    r"(?:其他|其它|任何)(?:平台|渠道|直播间)[^。；\n]{0,12}不(?:得|能|可)[^。；\n]{0,8}(?:更低|低于|优惠)",
    r"\blowest[- ]price (?:agreement|covenant|guarantee|promise|commitment)",
    r"\b(?:agree|guarantee|promise|commit)\w* (?:\w+ ){0,3}(?:the|a|its) lowest price",
    r"\b(?:not|never|nowhere) (?:be )?(?:sold|offered|sell|offer)\w* (?:\w+ ){0,4}"
    r"(?:cheaper|for less|at a lower price)",
)
MINIMUM = _words(
    r"最低消费",
    r"摊派",
    r"(?:认购|购买|销售|消费)(?:任务|指标|额度要求)",
    r"保底(?:销量|销售|采购)",
    r"(?:干部|职工|公职人员|机关|单位)[^。；\n]{0,12}(?:应当?|须|必须|均)[^。；\n]{0,6}(?:购买|认购|消费)",
    r"(?:每人|人均)[^。；\n]{0,6}(?:购买|认购|消费)[^。；\n]{0,4}不(?:低|少)于",
    r"\bminimum (?:spend|purchase|consumption)",
    r"\b(?:purchase|buying|sales|consumption) (?:quota|target|task)",
    r"\b(?:must|shall|required to|obliged to|has to|have to) (?:each )?(?:buy|purchase|spend)\b",
    r"\bguaranteed (?:sales|purchase|turnover)",
)
VOTES = _words(
    r"投票",
    r"票选",
    r"票数",
    r"得票",
    r"点赞",
    r"人气",
    r"粉丝",
    r"(?:浏览|播放|访问|转发|收藏|阅读|观看)(?:量|数|次数)",
    r"关注(?:数|度)",
    r"网络影响力",
    r"\bvot(?:e|es|ed|ing|ers?)\b",
    r"\blikes\b",
    r"\bfollowers?\b",
    r"\bfans\b",
    r"\bpopularity\b",
    r"\b(?:page[- ]?)?views\b",
    r"\bclicks\b",
    r"\breposts?\b",
    r"\bviewers?\b",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A text of the document. `decides`: applications are accepted or scored by it; `gate`: accepted."""

    place: str
    text: Text
    decides: bool
    gate: bool = False

    @property
    def whole(self) -> str:
        """Both languages."""
        return f"{self.text.en}\n{self.text.zh}"


def written(document: RoundDocument) -> Iterator[Written]:
    """Every text that the office itself writes into the rules."""
    for place in ("title", "purpose", "public_interest", "legal_basis"):
        yield Written(place, getattr(document, place), decides=False)
    for i, gate in enumerate(document.gates):
        yield Written(f"gates[{i}].text", gate.text, decides=True, gate=True)
    for i, criterion in enumerate(document.scoring.criteria):
        place = f"scoring.criteria[{i}]"
        yield Written(f"{place}.title", criterion.title, decides=True)
        yield Written(f"{place}.evidence", criterion.evidence, decides=True)
        for j, anchor in enumerate(criterion.anchors):
            yield Written(f"{place}.anchors[{j}]", anchor.text, decides=True)
    yield Written("money.source", document.money.source, decides=False)
    for i, payment in enumerate(document.money.payments):
        yield Written(f"money.payments[{i}].purpose", payment.purpose, decides=True)


# --- the office's own place ---------------------------------------------------------------------------------------

_PLACE_ZH = re.compile(
    r"(?![本全各该我当])[\u4e00-\u9fff]{2,7}?"
    r"(?:自治区|自治州|自治县|街道|[省州盟县旗]|(?<![城社])[市区镇]|(?<!城)乡(?!村)|(?<![农乡])村)(?!场)"
)
_PLACE_EN = re.compile(
    r"\b([A-Z][a-z'’]+(?: [A-Z][a-z'’]+)?) (?:County|City|Province|District|Township|Town|Village|Prefecture)\b"
)
_TITLES = frozenset({"The", "This", "Our", "People", "Government"})
_KINDS_ZH = re.compile(r"(?:自治区|自治州|自治县|街道|[省市州盟县旗区镇乡村])$")
_NEAR = 6


def own_places(document: RoundDocument) -> frozenset[str]:
    """Names of places in the name and address of the office and in the official's employer: 青溪县, 青溪, Qingxi."""
    texts = (document.office.name, document.office.address, document.official.employer)
    found: set[str] = set()
    for text in texts:
        for name in _PLACE_ZH.findall(text.zh):
            found.add(name)
            short = _KINDS_ZH.sub("", name)
            if len(short) >= 2:
                found.add(short)
        found |= {name for name in _PLACE_EN.findall(text.en) if name.split()[0] not in _TITLES}
    return frozenset(found)


def named_place(written: Written, places: frozenset[str]) -> str | None:
    """The words with which a text prefers one of `places`; None when it does not name one that way."""
    for name in sorted(places, key=len, reverse=True):
        quoted = re.escape(name)
        if name.isascii():
            pattern = (
                rf"\b(?:in|from|of|within) {quoted}\b|\b{quoted}(?: \w+)? (?:{_BUSINESS_EN}|origin|award|grown|made)"
            )
        else:
            pattern = (
                rf"(?:在|产自|产于|来自|位于|限于|原产|仅限){quoted}|"
                rf"{quoted}(?:[^。；，\n]{{0,{_NEAR}}})(?:{_BUSINESS_ZH}|{_AWARD_ZH}|加分|优先)"
            )
        if hit := re.search(pattern, written.whole):
            return hit.group()
    return None
