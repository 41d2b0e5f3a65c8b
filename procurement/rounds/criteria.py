"""The sections of a draft that say how is scored: the list of criteria, one criterion with its levels, the rule."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, FieldList, FormField, HiddenField, RadioField, SelectField, StringField
from wtforms import Form as Part
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from procurement.rounds.fields import (
    LINE,
    DecimalField,
    Group,
    IntegerField,
    SectionForm,
    area,
    code,
    pair,
    spread,
    tidy,
    whole,
)
from procurement.rounds.rules import RoundDocument
from procurement.rounds.scoring_rule import (
    PREFERENCE_NAMES,
    Abnormal,
    Aggregation,
    Anchor,
    By,
    Caps,
    Combine,
    Criterion,
    Figure,
    Formula,
    Kind,
    Level,
    Method,
    Missing,
    Mode,
    Preferences,
    ReasonRequired,
    Rounding,
    Scale,
    ScoringRule,
    Stage,
    TieBreak,
    Uneven,
)
from procurement.web import Form, localised

MOST_LEVELS = 12


_FIGURES = {
    "livestream_price": _("the livestream price, where all goods are alike"),
    "price_to_low_7": _("the livestream price against the applicant's lowest price of the last 7 days"),
    "price_to_low_30": _("the livestream price against the applicant's lowest price of the last 30 days"),
    "price_to_low_90": _("the livestream price against the applicant's lowest price of the last 90 days"),
}


_KINDS = {
    "judged": _("judged: members weigh what they see"),
    "objective": _("objective: the same facts give the same mark"),
    "price": _("price: computed from the prices"),
}


class AnchorPart(Part):  # type: ignore[misc]
    value = DecimalField(_("Mark"))
    text_en = area(_("What deserves it, in English"), rows=2)
    text_zh = area(_("What deserves it, in Chinese"), rows=2)


class CriterionForm(Form):
    """One criterion; its levels are a list whose empty rows are dropped."""

    title_en = StringField(
        _("Title in English"), [InputRequired(_("Give it a title in English.")), Length(max=LINE)], filters=[tidy]
    )
    title_zh = StringField(
        _("Title in Chinese"), [InputRequired(_("Give it a title in Chinese.")), Length(max=LINE)], filters=[tidy]
    )
    kind = RadioField(_("Kind"), choices=[SelectChoice(value, text) for value, text in _KINDS.items()])
    figure = RadioField(
        _("Which price is compared"),
        [Optional()],
        choices=[SelectChoice(value, text) for value, text in _FIGURES.items()],
        description=_(
            "Only for a price criterion. The lowest gets the highest mark, every other one highest mark × lowest "
            "÷ own. Members give no marks for it."
        ),
    )
    weight = DecimalField(_("Weight"), [InputRequired(_("Write a plain number, such as 12 or 0.5."))])
    evidence_en = area(_("Evidence expected, in English"))
    evidence_zh = area(_("Evidence expected, in Chinese"))
    scale_min = DecimalField(_("Lowest mark"), [InputRequired(_("Write a plain number, such as 12 or 0.5."))])
    scale_max = DecimalField(_("Highest mark"), [InputRequired(_("Write a plain number, such as 12 or 0.5."))])
    scale_step = DecimalField(_("Step"), [InputRequired(_("Write a plain number, such as 12 or 0.5."))])
    minimum = DecimalField(
        _("Least mark"),
        [Optional()],
        description=_("An application with less is not selected. Leave empty for none."),
    )
    reason = RadioField(
        _("When a member gives a reason"),
        choices=[
            SelectChoice("always", _("for every mark")),
            SelectChoice("outside", _("for marks below or above the limits here")),
            SelectChoice("never", _("never")),
        ],
    )
    reason_below = DecimalField(_("Below"), [Optional()])
    reason_above = DecimalField(_("Above"), [Optional()])
    anchors = FieldList(FormField(AnchorPart))

    def validate_weight(self, field: Field) -> None:
        if field.data is not None and field.data < 0:
            raise ValidationError(gettext("A weight is never below zero."))

    def validate_scale_step(self, field: Field) -> None:
        if field.data is not None and field.data <= 0:
            raise ValidationError(gettext("A step is above zero."))

    def validate_scale_max(self, field: Field) -> None:
        low = self.scale_min.data
        if field.data is not None and low is not None and field.data <= low:
            raise ValidationError(gettext("The highest mark is above the lowest."))

    def validate_reason(self, field: Field) -> None:
        if field.data == "outside" and self.reason_below.data is None and self.reason_above.data is None:
            raise ValidationError(gettext("Give at least one of the two limits."))

    def validate_figure(self, field: Field) -> None:
        if self.kind.data == "price" and not field.data:
            raise ValidationError(gettext("Say from which price the mark is computed."))

    def validate_scale_min(self, field: Field) -> None:
        if self.kind.data == "price" and field.data:
            raise ValidationError(gettext("Marks that are computed begin at 0."))

    def validate_anchors(self, field: Field) -> None:
        for entry in field.entries:
            text = pair(entry.form, "text")
            if (text.en or text.zh) and entry.form.value.data is None and not entry.form.value.errors:
                entry.form.value.errors = [gettext("Say which mark this describes.")]
                raise ValidationError(gettext("A level has no mark."))

    @classmethod
    def of(cls, criterion: Criterion) -> "CriterionForm":
        """The form, filled from what was sent or else from `criterion`, with a row for each level still missing."""
        anchors = sorted(criterion.anchors, key=lambda anchor: anchor.value)
        rows: list[dict[str, Any]] = [{"value": a.value, **spread("text", a.text)} for a in anchors]
        missing = [level for level in _levels(criterion.scale) if level not in {a.value for a in anchors}]
        rows = sorted([*rows, *({"value": level} for level in missing)], key=lambda row: row["value"])
        reason = criterion.reason_required
        return cls(
            data={
                **spread("title", criterion.title),
                **spread("evidence", criterion.evidence),
                "kind": criterion.kind,
                "figure": criterion.formula.figure if criterion.formula is not None else None,
                "weight": criterion.weight,
                "scale_min": criterion.scale.min,
                "scale_max": criterion.scale.max,
                "scale_step": criterion.scale.step,
                "minimum": criterion.minimum,
                "reason": reason.when,
                "reason_below": reason.below,
                "reason_above": reason.above,
                "anchors": rows if len(rows) >= 2 else [*rows, {}, {}],
            }
        )

    def changed(self, before: Criterion) -> Criterion:
        """`before` with what was sent; its code stays."""
        outside = self.reason.data == "outside"
        return Criterion(
            code=before.code,
            weight=self.weight.data,
            scale=Scale(self.scale_min.data, self.scale_max.data, self.scale_step.data),
            minimum=self.minimum.data,
            kind=cast(Kind, self.kind.data),
            title=pair(self, "title"),
            evidence=pair(self, "evidence"),
            anchors=tuple(
                Anchor(entry.form.value.data, pair(entry.form, "text"))
                for entry in self.anchors.entries
                if entry.form.value.data is not None and (entry.form.text_en.data or entry.form.text_zh.data)
            ),
            reason_required=ReasonRequired(
                cast(Any, self.reason.data),
                self.reason_below.data if outside else None,
                self.reason_above.data if outside else None,
            ),
            formula=Formula(cast(Figure, self.figure.data)) if self.kind.data == "price" else None,
        )


def _levels(scale: Scale) -> list[Decimal]:
    """The marks of a scale when they are few enough to describe one by one; else its two ends and the middle."""
    if scale.step is None or scale.step <= 0 or (scale.max - scale.min) / scale.step >= MOST_LEVELS:
        return [scale.min, scale.max]
    count = int((scale.max - scale.min) / scale.step)
    return [scale.min + n * scale.step for n in range(count + 1)]


class WeightPart(Part):  # type: ignore[misc]
    code = HiddenField()
    weight = DecimalField(_("Weight"), [InputRequired(_("Write a plain number, such as 12 or 0.5."))])

    def validate_weight(self, field: Field) -> None:
        if field.data is not None and field.data < 0:
            raise ValidationError(gettext("A weight is never below zero."))


class CriteriaForm(SectionForm):
    """The list of criteria: weights, order, adding and removing, each by a button of the one form."""

    prefixes = ("scoring.criteria",)
    weights = FieldList(FormField(WeightPart))

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        return {"weights": [{"code": c.code, "weight": c.weight} for c in document.scoring.criteria]}

    def changed(self, document: RoundDocument) -> RoundDocument:
        weights = {entry.form.code.data: entry.form.weight.data for entry in self.weights.entries}
        criteria = tuple(
            replace(criterion, weight=weights.get(criterion.code, criterion.weight))
            for criterion in document.scoring.criteria
        )
        return replace(document, scoring=replace(document.scoring, criteria=criteria))


def new_criterion(rule: ScoringRule) -> Criterion:
    """A criterion to be filled in, on the scale of the others."""
    taken = [criterion.code for criterion in rule.criteria]
    scale = rule.criteria[-1].scale if rule.criteria else Scale(Decimal(0), Decimal(4), Decimal(1))
    return Criterion(code=code(None, "criterion", taken), weight=Decimal(0), scale=scale)


def rearranged(document: RoundDocument, act: str, code: str) -> RoundDocument:
    """`document` with a criterion more ("add"), or with the criterion `code` moved "up" or "down" or taken out
    ("remove", also of the tie chain); as it is for any other `act`."""
    rule = document.scoring
    if act == "add":
        return document.with_criteria((*rule.criteria, new_criterion(rule)))
    criteria = list(rule.criteria)
    at = next((i for i, criterion in enumerate(criteria) if criterion.code == code), None)
    if at is None or act not in ("up", "down", "remove"):
        return document
    taken = criteria.pop(at)
    ties = rule.ties
    if act == "remove":
        ties = tuple(tie for tie in ties if not (tie.by == "criterion" and tie.code == code))
    else:
        criteria.insert(max(0, at - 1) if act == "up" else at + 1, taken)
    return replace(document, scoring=replace(rule, criteria=tuple(criteria), ties=ties))


_METHODS: tuple[tuple[Method, str], ...] = (
    ("mean", _("the mean of the marks")),
    ("median", _("the median of the marks")),
    ("trimmed_mean", _("the mean without the highest and lowest marks")),
    ("sum", _("the sum of the marks")),
    ("rank_sum", _("the sum of the ranks that each member gives; the lowest wins")),
)
_STAGES: tuple[Stage, ...] = ("criterion", "weighted", "total")
CHAIN = 6
OTHERS = 4
"""How many others a mark is held against when a draft does not say."""


class ScoringForm(SectionForm):
    prefixes = (
        "scoring.combine",
        "scoring.aggregation",
        "scoring.rounding",
        "scoring.missing",
        "scoring.quorum",
        "scoring.threshold",
        "scoring.ties",
        "scoring.slots",
        "scoring.reserves",
        "scoring.caps",
        "scoring.preferences",
        "scoring.abnormal",
    )
    groups = (
        Group(_("How many are selected"), ("slots", "reserves", "threshold")),
        Group(
            _("Caps and preferences"),
            ("cap_merchant", "cap_category", "first_timers", "rest"),
            _("Leave a field empty to let the ranking alone decide."),
        ),
        Group(
            _("From marks to one total"),
            ("method", "trim", "leave_at_least", "level", "combine", "uneven"),
            _("The result depends on these choices, so they are made and published beforehand."),
        ),
        Group(
            _("Rounding"),
            ("round_criterion", "round_weighted", "round_total", "round_mode"),
            _("Decimals kept at each stage. Leave a stage empty to calculate on with the exact number."),
        ),
        Group(_("Missing sheets"), ("missing", "quorum")),
        Group(
            _("Abnormal marks"),
            ("abnormal_percent", "abnormal_others"),
            _(
                "A mark that is far from what the others gave may be corrected after opening, in public and by the "
                "member who gave it. Without a test stated here no mark is abnormal."
            ),
        ),
        Group(
            _("Ties"),
            tuple(f"tie_{n}" for n in range(1, CHAIN + 1)),
            _("What decides between equal totals, in this order. The last link is the verifiable draw."),
        ),
    )

    slots = whole(_("Products to be selected, at most"))
    reserves = whole(_("Reserves, in order"))
    threshold = DecimalField(
        _("Least total"),
        [Optional()],
        description=_("An application below it is not selected, even if a place stays empty. Leave empty for none."),
    )
    cap_merchant = IntegerField(_("Products of one merchant, at most"), [Optional(), NumberRange(1, 1000)])
    cap_category = IntegerField(_("Products of one kind of goods, at most"), [Optional(), NumberRange(1, 1000)])
    first_timers = IntegerField(
        _("Places kept for merchants never selected before"), [Optional(), NumberRange(0, 1000)]
    )
    rest = IntegerField(
        _("Rounds in which a selected merchant waits"),
        [Optional(), NumberRange(0, 100)],
        description=_("Who was selected in one of so many rounds decided last comes after all others who qualify."),
    )
    abnormal_percent = DecimalField(
        _("Percent of the scale away from the median of the others"), [Optional(), NumberRange(1, 99)]
    )
    abnormal_others = IntegerField(
        _("Others who must have given a mark, at least"), [Optional(), NumberRange(1, 100)]
    )
    method = RadioField(
        _("Members' marks are combined to"), choices=[SelectChoice(value, text) for value, text in _METHODS]
    )
    trim = whole(_("Marks left out at each end"), _("Only for the mean without the highest and lowest marks."))
    leave_at_least = whole(
        _("Marks that must remain"), _("With fewer, nothing is left out and the mean of all marks counts.")
    )
    level = RadioField(
        _("This is done"),
        choices=[
            SelectChoice("criterion", _("criterion by criterion")),
            SelectChoice("total", _("on members' totals")),
        ],
    )
    combine = RadioField(
        _("A weight is"),
        choices=[
            SelectChoice("share_of_weight", _("the points for the highest mark: weight × mark ÷ highest mark")),
            SelectChoice("weighted_sum", _("the points for each mark: weight × mark")),
        ],
    )
    uneven = RadioField(
        _("Where sums come from different numbers of sheets"),
        choices=[
            SelectChoice("scale", _("scale them to one number of sheets")),
            SelectChoice("add", _("add what there is")),
        ],
    )
    round_criterion = IntegerField(_("Result of a criterion"), [Optional(), NumberRange(0, 12)])
    round_weighted = IntegerField(_("Weighted result of a criterion"), [Optional(), NumberRange(0, 12)])
    round_total = IntegerField(_("Total"), [Optional(), NumberRange(0, 12)])
    round_mode = RadioField(
        _("A half is rounded"),
        choices=[
            SelectChoice("half_up", _("away from zero (2.345 becomes 2.35)")),
            SelectChoice("half_even", _("to the even digit (2.345 becomes 2.34)")),
        ],
    )
    missing = RadioField(
        _("A mark that is missing"),
        choices=[
            SelectChoice("exclude", _("is left out of the count; it is never zero")),
            SelectChoice("refuse", _("stops the tally")),
        ],
    )
    quorum = whole(_("Sheets that each application needs"))
    tie_1 = SelectField(_("First"))
    tie_2 = SelectField(_("Second"))
    tie_3 = SelectField(_("Third"))
    tie_4 = SelectField(_("Fourth"))
    tie_5 = SelectField(_("Fifth"))
    tie_6 = SelectField(_("Sixth"))

    @classmethod
    def of(cls, document: RoundDocument) -> "ScoringForm":
        form = cls(data=cls.data_of(document))
        choices = _tie_choices(document.scoring)
        for n in range(1, CHAIN + 1):
            form[f"tie_{n}"].choices = choices
        return form

    @classmethod
    def data_of(cls, document: RoundDocument) -> dict[str, Any]:
        rule = document.scoring
        links = [_link(tie) for tie in rule.ties]
        modes = [rounding.mode for rounding in rule.rounding]
        return {
            "slots": rule.slots,
            "reserves": rule.reserves,
            "threshold": rule.threshold,
            "cap_merchant": rule.caps.merchant,
            "cap_category": rule.caps.category,
            "first_timers": rule.preferences.first_timers or None,
            "rest": rule.preferences.rest or None,
            "abnormal_percent": rule.abnormal.percent if rule.abnormal else None,
            "abnormal_others": rule.abnormal.others if rule.abnormal else None,
            "method": rule.aggregation.method,
            "trim": rule.aggregation.trim,
            "leave_at_least": rule.aggregation.leave_at_least,
            "level": rule.aggregation.level,
            "combine": rule.combine,
            "uneven": rule.aggregation.uneven,
            **{f"round_{rounding.stage}": rounding.places for rounding in rule.rounding},
            "round_mode": modes[0] if modes else "half_up",
            "missing": rule.missing,
            "quorum": rule.quorum,
            **{f"tie_{n}": links[n - 1] if n <= len(links) else "" for n in range(1, CHAIN + 1)},
        }

    def changed(self, document: RoundDocument) -> RoundDocument:
        places = {stage: self[f"round_{stage}"].data for stage in _STAGES}
        chain = [self[f"tie_{n}"].data for n in range(1, CHAIN + 1)]
        rule = replace(
            document.scoring,
            slots=self.slots.data,
            reserves=self.reserves.data,
            threshold=self.threshold.data,
            combine=cast(Combine, self.combine.data),
            aggregation=Aggregation(
                method=cast(Method, self.method.data),
                level=cast(Level, self.level.data),
                trim=self.trim.data,
                leave_at_least=self.leave_at_least.data,
                uneven=cast(Uneven, self.uneven.data),
            ),
            rounding=tuple(
                Rounding(stage, count, cast(Mode, self.round_mode.data))
                for stage, count in places.items()
                if count is not None
            ),
            missing=cast(Missing, self.missing.data),
            quorum=self.quorum.data,
            ties=tuple(_tie(link) for link in chain if link),
            caps=Caps(self.cap_merchant.data, self.cap_category.data),
            preferences=Preferences(self.first_timers.data or 0, self.rest.data or 0),
            abnormal=None
            if self.abnormal_percent.data is None
            else Abnormal(self.abnormal_percent.data, self.abnormal_others.data or OTHERS),
        )
        return replace(document, scoring=rule)


def _link(tie: TieBreak) -> str:
    return ":".join(part for part in (tie.by, tie.code or tie.method) if part)


def _tie(link: str) -> TieBreak:
    by, _colon, what = link.partition(":")
    return TieBreak(
        cast(By, by),
        code=what if by in ("criterion", "preference") else None,
        method=cast(Method, what) if by == "aggregate" else None,
    )


def _tie_choices(rule: ScoringRule) -> list[SelectChoice]:
    choices = [SelectChoice("", gettext("nothing more"))]
    choices += [
        SelectChoice(
            f"criterion:{c.code}", gettext("higher result in “%(title)s”", title=localised(c.title) or c.code)
        )
        for c in rule.criteria
    ]
    choices += [
        SelectChoice("aggregate:median", gettext("higher median of the members' totals")),
        SelectChoice("aggregate:mean", gettext("higher mean of the members' totals")),
    ]
    choices += [SelectChoice(f"preference:{code}", gettext(name)) for code, name in PREFERENCE_NAMES.items()]
    known = {choice.value for choice in choices}
    choices += [
        SelectChoice(link, link.partition(":")[2])
        for tie in rule.ties
        if (link := _link(tie)) not in {*known, "draw"}
    ]
    return [*choices, SelectChoice("draw", gettext("the verifiable draw"))]
