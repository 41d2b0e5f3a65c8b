"""Template and facts → HTML → PDF bytes that are PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1).

The same input gives the same bytes on every machine: only the vendored typefaces are used, every date is passed
in, and the identifier of the file comes from its content. Nothing is fetched: a document holds all it shows.
Whatever the layout engine would only complain about (a character no font has, a picture that cannot be read)
is an error here, because the result will be signed.

The engine is imported when first used; the web's workers never load it. Rendering in a long-running process goes
through `render_in_worker`, since fonts shared between threads corrupt memory.
"""

import hashlib
import logging
import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from gettext import NullTranslations
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from procurement.errors import N_, Problem, RuleBroken
from procurement.isolated import Isolated

FONTS = Path(__file__).parent / "fonts"
TEMPLATES = Path(__file__).parents[1] / "templates"
TRANSLATIONS = Path(__file__).parents[1] / "translations"

_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}

_worker = Isolated(seconds=300, calls=200)


class RenderingFailed(Exception):
    """The layout engine complained; the message holds what it said. The template is at fault, not the content."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file carried inside the document as its data (AFRelationship Data). `name` decides the media type."""

    name: str
    description: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SignatureField:
    """An empty signature field laid over the element whose id is `element`; `label` is read to the blind."""

    name: str
    element: str
    label: str


def fill(template: str, facts: Mapping[str, object], *, language: str, zone: str = "UTC") -> str:
    """The HTML of `templates/pdf/<template>` filled with `facts`, in `language` ("en" or "zh").

    Instants are shown in the time zone `zone`. A fact the template names and `facts` lacks is an error.
    """
    environment = _environment()
    catalogue = _catalogue(language)
    page = environment.get_template(f"pdf/{template}")
    return page.render(
        {
            **facts,
            "language": language,
            "zone": ZoneInfo(zone),
            "_": _Translator(catalogue),
            "ngettext": _Translator(catalogue).plural,
            "say": _Translator(catalogue).say,
        }
    )


def translate(text: str, language: str) -> str:
    """A marked text in "en" or "zh", for what stands in a PDF outside its pages."""
    return str(_catalogue(language).gettext(text))


def render(
    html: str,
    *,
    issued: datetime,
    attachments: Sequence[Attachment] = (),
    fields: Sequence[SignatureField] = (),
) -> bytes:
    """The PDF of `html`, dated `issued`, with `attachments` and empty signature `fields` in its first revision.

    Raises RuleBroken naming each character that the fonts cannot set, and RenderingFailed for any other complaint.
    Call it in a process of its own (`render_in_worker`) or in a program that does nothing else.
    """
    check_characters(_text_of(html))
    fonts = _font_configuration()
    from weasyprint import HTML
    from weasyprint import Attachment as EmbeddedFile
    from weasyprint.urls import URLFetcher

    moment = issued.astimezone(UTC).replace(microsecond=0)
    identifier = hashlib.sha256(html.encode() + b"".join(a.content for a in attachments)).hexdigest()[:32]
    embedded = [
        EmbeddedFile(
            string=attachment.content,
            name=attachment.name,
            description=attachment.description,
            created=moment,
            modified=moment,
            relationship="Data",
        )
        for attachment in attachments
    ]
    with _Complaints() as complaints:
        page = HTML(string=html, base_url="about:blank", url_fetcher=URLFetcher(allowed_protocols=("data",))).render(
            font_config=fonts, pdf_variant="pdf/a-3a"
        )
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        page.metadata.created, page.metadata.modified = stamp, stamp
        content: bytes = page.write_pdf(
            pdf_variant="pdf/a-3a",
            attachments=embedded or None,
            pdf_identifier=identifier.encode(),
            finisher=_Finisher(fields),
        )
    complaints.refuse()
    return content


def render_in_worker(
    html: str,
    *,
    issued: datetime,
    attachments: Sequence[Attachment] = (),
    fields: Sequence[SignatureField] = (),
) -> bytes:
    """`render` in a process of its own. Raises also LimitExceeded when it takes more than five minutes."""
    return _worker.run(render, html, issued=issued, attachments=tuple(attachments), fields=tuple(fields))


def check_characters(text: str) -> None:
    """Raise RuleBroken naming the characters of `text` that the document's fonts do not have."""
    missing = sorted(c for c in set(text) if ord(c) not in _coverage() and not _draws_nothing(c))
    if missing:
        named = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing[:20])
        raise RuleBroken(N_("The document's typefaces have no drawing for: %(characters)s."), characters=named)


def qr_code(address: str) -> str:
    """A data: address of an SVG picture of `address` as a QR code, error correction M."""
    import segno

    return str(segno.make_qr(address, error="m").svg_data_uri(border=0, omitsize=True, dark="#1d2430"))


def _draws_nothing(character: str) -> bool:
    # Spaces, controls, joiners and variation selectors are dealt with by the shaper and need no glyph.
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Mn"}


@cache
def _coverage() -> frozenset[int]:
    """Code points that can be set in regular as well as in bold."""
    from fontTools.ttLib import TTFont

    def of(weight: str) -> set[int]:
        covered: set[int] = set()
        for family in ("NotoSans", "NotoSansSC"):
            with TTFont(FONTS / f"{family}-{weight}.ttf", lazy=True) as font:
                covered |= set(font.getBestCmap())
        return covered

    return frozenset(of("Regular") & of("Bold"))


class _Text(HTMLParser):
    """Collects the text that will be drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["qr_code"] = qr_code
    environment.filters["day"] = _day
    environment.filters["date"] = _date
    environment.filters["moment"] = _moment
    environment.filters["aligned"] = _aligned
    environment.filters["decimal"] = _decimal
    environment.filters["localised"] = _localised
    return environment


@lru_cache(maxsize=8)
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(TRANSLATIONS, [language])


class _Translator:
    """Translates a text and fills its placeholders, escaping each: a name never brings mark-up into the page."""

    def __init__(self, catalogue: NullTranslations) -> None:
        self._catalogue = catalogue

    def __call__(self, text: str, **params: object) -> Any:
        translated = Markup(self._catalogue.gettext(text))  # noqa: S704  (the catalogues are ours)
        return translated % params if params else translated

    def say(self, problem: Problem) -> Any:
        """A sentence whose parameters may be marked texts themselves."""
        params = {k: self._catalogue.gettext(v) if isinstance(v, str) and v else v for k, v in problem.params.items()}
        return self(problem.message, **params)

    def plural(self, one: str, many: str, number: int) -> Any:
        return Markup(self._catalogue.ngettext(one, many, number)) % {"num": number}  # noqa: S704


@pass_context
def _day(context: Context, moment: str) -> str:
    """An ISO 8601 instant as its local date."""
    return format_date(_local(context, moment), "long", locale=_LOCALES[context["language"]])


@pass_context
def _date(context: Context, day: str) -> str:
    """An ISO 8601 date."""
    return format_date(date.fromisoformat(day), "long", locale=_LOCALES[context["language"]])


@pass_context
def _moment(context: Context, moment: str) -> str:
    """An ISO 8601 instant as local date, weekday, time and offset."""
    local = _local(context, moment)
    shift, hour = offset(local), "HH:mm"
    if (local.hour, local.minute) == (0, 0):
        # A deadline at midnight belongs to the day that ends.
        local, hour = local - timedelta(days=1), "'24:00'"
    pattern = f"y年M月d日 EEEE {hour}" if context["language"] == "zh" else f"EEEE d MMMM y, {hour}"
    return f"{format_datetime(local, pattern, locale=_LOCALES[context['language']])} ({shift})"


def offset(local: datetime) -> str:
    """How far a local time is from UTC: "UTC+8", "UTC-3:30"."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    sign, minutes = "-" if minutes < 0 else "+", abs(minutes)
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02d}" if minutes % 60 else "")


@pass_context
def _localised(context: Context, text: Mapping[str, str]) -> str:
    """A text in both languages in that of the document, or in the other when it is empty."""
    return text[context["language"]] or text["en"] or text["zh"]


@pass_context
def _decimal(context: Context, number: str) -> str:
    """An exact number with its digits grouped; "" stays empty."""
    if not number:
        return ""
    return format_decimal(Decimal(number), locale=_LOCALES[context["language"]], decimal_quantization=False)


def _aligned(marks: Sequence[str], width: int) -> str:
    """Marks side by side, padded with spaces as wide as a figure, so that rows can be read down as well."""
    return " ".join(mark.rjust(width, "\u2007") for mark in marks)


def _local(context: Context, moment: str) -> datetime:
    zone: ZoneInfo = context["zone"]
    return datetime.fromisoformat(moment).astimezone(zone)


@cache
def _font_configuration() -> Any:
    # The engine's font library reads this variable when it is first used; the system's fonts are never seen.
    os.environ["FONTCONFIG_FILE"] = str(FONTS / "fonts.conf")
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


class _Complaints(logging.Handler):
    """Everything the layout engine warns of while it is entered."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    def __enter__(self) -> "_Complaints":
        self._logger = logging.getLogger("weasyprint")
        self._propagate = self._logger.propagate
        self._logger.propagate = False
        self._logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagate

    def refuse(self) -> None:
        if self.messages:
            raise RenderingFailed("; ".join(dict.fromkeys(self.messages)))


class _Finisher:
    """Last touches before the file is written.

    Adds the PDF/UA-1 claim to the metadata, names each attachment once, makes the signature fields, and writes a
    classic cross-reference table (readers that compare revisions take seconds over one large object stream).
    """

    def __init__(self, fields: Sequence[SignatureField]) -> None:
        self._fields = {field.element: field for field in fields}

    def __call__(self, document: Any, pdf: Any) -> None:
        import pydyf

        self._claim_accessibility(pdf)
        if "AF" in pdf.catalog:
            pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
        if self._fields:
            self._make_fields(document, pdf)
        write = pdf.write
        pdf.write = lambda output, version, identifier, compress: write(output, version, identifier, False)

    @staticmethod
    def _claim_accessibility(pdf: Any) -> None:
        metadata = _object(pdf, pdf.catalog["Metadata"])
        metadata.stream = [metadata.stream[0].replace(b"</rdf:RDF>", _PDF_UA_CLAIM + b"</rdf:RDF>")]

    def _make_fields(self, document: Any, pdf: Any) -> None:
        import pydyf

        tree = _object(pdf, pdf.catalog["StructTreeRoot"])
        top_reference = tree["K"][0]
        top = _object(pdf, top_reference)
        numbers = _object(pdf, tree["ParentTree"])["Nums"]
        key = 1 + max(numbers[0::2])
        made = pydyf.Array()
        wanted = dict(self._fields)
        for index, page in enumerate(document.pages):
            for element, box in page.anchors.items():
                if element not in wanted:
                    continue
                field = wanted.pop(element)
                rectangle = _in_points(box, page.height)
                page_reference = pdf.page_references[index]
                appearance = pydyf.Stream(
                    [b""],
                    {
                        "Type": "/XObject",
                        "Subtype": "/Form",
                        "BBox": pydyf.Array(
                            [0, 0, round(rectangle[2] - rectangle[0], 2), round(rectangle[3] - rectangle[1], 2)]
                        ),
                        "Resources": pydyf.Dictionary(),
                    },
                )
                pdf.add_object(appearance)
                widget = pydyf.Dictionary(
                    {
                        "Type": "/Annot",
                        "Subtype": "/Widget",
                        "FT": "/Sig",
                        "T": pydyf.String(field.name),
                        "TU": pydyf.String(field.label),
                        "F": 4,
                        "P": page_reference,
                        "Rect": rectangle,
                        "StructParent": key,
                        "AP": pydyf.Dictionary({"N": appearance.reference}),
                    }
                )
                pdf.add_object(widget)
                to_widget = pydyf.Dictionary({"Type": "/OBJR", "Obj": widget.reference, "Pg": page_reference})
                pdf.add_object(to_widget)
                # K is the reference itself: in an array, later signatures look like changes to earlier ones.
                form = pydyf.Dictionary(
                    {
                        "Type": "/StructElem",
                        "S": "/Form",
                        "K": to_widget.reference,
                        "Pg": page_reference,
                        "P": top_reference,
                        "Alt": pydyf.String(field.label),
                    }
                )
                pdf.add_object(form)
                top["K"].append(form.reference)
                numbers.extend([key, form.reference])
                key += 1
                _object(pdf, page_reference).setdefault("Annots", pydyf.Array()).append(widget.reference)
                made.append(widget.reference)
        if wanted:
            raise RenderingFailed(f"no element for the signature fields {sorted(wanted)}")
        pdf.catalog["AcroForm"] = pydyf.Dictionary({"Fields": made, "SigFlags": 3})


def _object(pdf: Any, reference: Any) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _in_points(box: tuple[float, float, float, float], page_height: float) -> Any:
    """A box in CSS pixels from the top left as a rectangle in points from the bottom left."""
    import pydyf

    left, top, right, bottom = box
    scale = 72 / 96
    edges = (left * scale, (page_height - bottom) * scale, right * scale, (page_height - top) * scale)
    return pydyf.Array(round(edge, 2) for edge in edges)


# PDF/A admits a foreign property only with its schema beside it (ISO 19005-3, 6.6.2.3).
_PDF_UA_CLAIM = b"""
<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
  xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"
  rdf:about=""><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>the part of ISO 14289 that is followed</pdfaProperty:description></rdf:li></rdf:Seq>
</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""
