"""Forms of scoring. A sheet's fields follow from the round's criteria."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from procurement.rounds.scoring_rule import Criterion, Scale, ScoringRule, show_decimal
from procurement.scoring.exact import LONGEST_CALCULATION
from procurement.scoring.rules import (
    BY_MEMBER,
    CORRECTION_GROUNDS,
    LONGEST_REASON,
    MESSAGE,
    CorrectionGround,
    Entered,
    Given,
    reason_field,
    value_field,
)
from procurement.web import Form, localised

MOST_RADIOS = 7
"""Scales with more levels get a field to type into."""


def levels_of(scale: Scale) -> list[Decimal]:
    """The marks of `scale`, best first, when they are few enough to choose from; else none."""
    if scale.step is None or (scale.max - scale.min) / scale.step >= MOST_RADIOS:
        return []
    count = int((scale.max - scale.min) / scale.step)
    return [scale.min + scale.step * i for i in range(count, -1, -1)]


class SheetForm(Form):
    """A sheet; its fields are added by `sheet_form`. What was typed is judged by the rules alone. `seen`: the digest
    of what the form was filled with."""

    seen = HiddenField()

    def entered(self, rule: ScoringRule) -> dict[str, Entered]:
        """Criterion code → what was typed."""
        return {
            c.code: Entered(self[value_field(c.code)].data or "", self[reason_field(c.code)].data or "")
            for c in rule.marked
        }


def sheet_form(rule: ScoringRule, marks: Mapping[str, Given]) -> SheetForm:
    """The form for a sheet of `rule`, filled in with `marks`."""
    fields: dict[str, Any] = {}
    data: dict[str, str] = {}
    for criterion in rule.marked:
        fields[value_field(criterion.code)] = _value_field(criterion)
        fields[reason_field(criterion.code)] = TextAreaField(
            _("Reason"), render_kw={"maxlength": LONGEST_REASON}, description=_reason_hint(criterion)
        )
        given = marks.get(criterion.code)
        if given is not None:
            data[value_field(criterion.code)] = "" if given.value is None else show_decimal(given.value)
            data[reason_field(criterion.code)] = given.reason
    return type("BoundSheetForm", (SheetForm,), fields)(data=data)  # type: ignore[no-any-return]


def _value_field(criterion: Criterion) -> Any:
    levels = levels_of(criterion.scale)
    if levels:
        choices = [SelectChoice(show_decimal(level), show_decimal(level)) for level in levels]
        return RadioField(_("Mark"), choices=choices, validate_choice=False)
    return StringField(
        _("Mark"),
        render_kw={"maxlength": 20},
        description=_(
            "From %(min)s to %(max)s, in steps of %(step)s",
            min=show_decimal(criterion.scale.min),
            max=show_decimal(criterion.scale.max),
            step=show_decimal(criterion.scale.step or Decimal(1)),
        ),
    )


def _reason_hint(criterion: Criterion) -> Any:
    when = criterion.reason_required
    if when.when == "always":
        return _("Needed. It is published together with the mark.")
    if when.when == "never":
        return _("If you give one, it is published together with the mark.")
    if when.below is not None and when.above is not None:
        return _(
            "Needed below %(below)s and above %(above)s. It is published together with the mark.",
            below=show_decimal(when.below),
            above=show_decimal(when.above),
        )
    if when.below is not None:
        return _("Needed below %(below)s. It is published together with the mark.", below=show_decimal(when.below))
    return _(
        "Needed above %(above)s. It is published together with the mark.",
        above=show_decimal(when.above or Decimal(0)),
    )


def anchor_hints(criterion: Criterion) -> dict[str, str]:
    """Mark → what deserves it, in the language of the page."""
    return {show_decimal(anchor.value): str(localised(anchor.text)) for anchor in criterion.anchors}


class SealForm(Form):
    """Sealing what was read back. `seen`: its digest."""

    seen = HiddenField()


class ActForm(Form):
    """A button that does one thing."""


class TieDrawForm(Form):
    """What the beacon published."""

    signature = StringField(
        _("Signature of the beacon's round"),
        validators=[Length(max=200)],
        description=_(
            "96 hexadecimal digits, as the beacon publishes them. Anybody may bring them: they are verified here."
        ),
        render_kw={"maxlength": 200, "spellcheck": "false", "autocomplete": "off"},
    )


class CorrectionForm(Form):
    """A member corrects an own mark."""

    criterion = RadioField(_("Which criterion?"), validators=[InputRequired(_("Choose the criterion."))])
    value = StringField(_("The right mark"), validators=[InputRequired(_("Give the right mark."))])
    ground = RadioField(
        _("On which ground?"),
        validators=[InputRequired(_("Choose the ground."))],
        choices=[SelectChoice(ground.value, ground.value) for ground in BY_MEMBER],
    )
    calculation = StringField(
        _("The calculation, as it should have been"),
        validators=[Length(max=LONGEST_CALCULATION)],
        description=_(
            "Only for an arithmetic error, for example 3 + 2.5 + 2. Its numbers must stand in the reason that you "
            "sealed."
        ),
        render_kw={"maxlength": LONGEST_CALCULATION, "autocomplete": "off"},
    )
    reason = TextAreaField(
        _("What was wrong, and why is this right?"),
        validators=[InputRequired(_("Say what was wrong and why this is right."))],
        render_kw={"maxlength": LONGEST_REASON},
        description=_("It is published together with the mark before and after."),
    )


class ProposalForm(Form):
    """A member proposes one mark for all."""

    value = StringField(_("The mark that is right for all"), validators=[InputRequired(_("Give the right mark."))])
    reason = TextAreaField(
        _("Which fact makes it right?"),
        validators=[InputRequired(_("Say which fact makes this the right mark."))],
        render_kw={"maxlength": LONGEST_REASON},
        description=_("It is published, and so is what each member answers."),
    )


class AnswerForm(Form):
    """A member answers such a proposal."""

    agrees = RadioField(
        _("Do you agree?"),
        validators=[InputRequired(_("Say whether you agree."))],
        choices=[
            SelectChoice("yes", _("Yes. My mark becomes the proposed one.")),
            SelectChoice("no", _("No. My mark stays as it is.")),
        ],
    )
    reason = TextAreaField(
        _("If not, why?"),
        render_kw={"maxlength": LONGEST_REASON},
        description=_("Needed when you do not agree. It is published."),
    )


class MessageForm(Form):
    """A message to the supervisor alone."""

    message = TextAreaField(
        _("What happened?"),
        validators=[InputRequired(_("Write what happened."))],
        render_kw={"maxlength": MESSAGE[1]},
        description=_("Who, when, and what was said or asked. Only the supervisor of this round reads it."),
    )


class MessageAnswerForm(Form):
    """The supervisor's answer."""

    answer = TextAreaField(
        _("Your answer"),
        validators=[InputRequired(_("Write your answer."))],
        render_kw={"maxlength": MESSAGE[1]},
        description=_("Only the member who wrote to you reads it."),
    )


def correction_form(rule: ScoringRule, marks: Mapping[str, Given]) -> CorrectionForm:
    """The form for correcting one of `marks`."""
    form = CorrectionForm()
    form.criterion.choices = [
        SelectChoice(c.code, f"{localised(c.title)}: {show_decimal(marks[c.code].value or Decimal(0))}")
        for c in rule.marked
        if c.code in marks
    ]
    form.ground.choices = [SelectChoice(g.value, _(CORRECTION_GROUNDS[g])) for g in BY_MEMBER]
    return form


def ground_of(form: CorrectionForm) -> CorrectionGround:
    """The ground that was chosen."""
    return CorrectionGround(form.ground.data)
