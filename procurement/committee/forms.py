"""Forms of the committee. They check shape; who may sit and what may be declared is said by the rules."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from procurement.committee.queries import Declaring
from procurement.committee.rules import (
    GROUND_QUESTIONS,
    LONGEST_DETAIL,
    MEMBER_KINDS,
    Declared,
    Ground,
    MemberKind,
)
from procurement.rounds.fields import tidy
from procurement.rounds.queries import Person
from procurement.rounds.rules import CommitteeRule, ExpertsChosen
from procurement.web import Form


class AppointForm(Form):
    user_id = SelectField(_("Person"), [InputRequired(_("Choose a person."))], coerce=str)
    kind = RadioField(
        _("Sits as"),
        [InputRequired(_("Choose one."))],
        choices=[SelectChoice(kind.value, _(text)) for kind, text in MEMBER_KINDS.items()],
    )
    field = StringField(
        _("Field of expertise"),
        [Length(max=120)],
        filters=[tidy],
        description=_("For experts: for example food safety, logistics, design."),
    )
    chair = BooleanField(_("Chairs the committee"))

    @property
    def chosen(self) -> MemberKind:
        """For whom the person speaks."""
        return MemberKind(self.kind.data)


def appoint_form(candidates: Sequence[Person], rule: CommitteeRule) -> AppointForm:
    """The form with those who can be appointed; where experts are drawn, none is."""
    form = AppointForm()
    if rule.experts_chosen is ExpertsChosen.DRAWN:
        form.kind.choices = [choice for choice in form.kind.choices if choice.value != MemberKind.EXPERT]
    form.user_id.choices = [("", "")] + [
        (str(person.user_id), f"{person.name} ({person.employer})" if person.employer else person.name)
        for person in candidates
    ]
    return form


class BeginForm(Form):
    """A button that does one thing."""


class DeclareForm(Form):
    """One group of radios and one description for each application; see `declare_form`."""

    refs: tuple[str, ...] = ()

    def declarations(self) -> dict[str, Declared]:
        """What was declared, by application; rows without a choice are left for later."""
        found: dict[str, Declared] = {}
        for ref in self.refs:
            ground, detail = self[f"ground-{ref}"].data, self[f"detail-{ref}"].data or ""
            if ground:
                found[ref] = Declared(Ground(ground), detail)
        return found

    def check_rows(self) -> bool:
        """Whether every description has its ground; where not, the row says so."""
        fine = True
        for ref in self.refs:
            if not self[f"ground-{ref}"].data and self[f"detail-{ref}"].data:
                self[f"ground-{ref}"].errors = [_("You described a relation but chose none. Choose the ground.")]
                fine = False
        return fine


def declare_form(declaring: Declaring, *, sent: bool) -> DeclareForm:
    """A row for each application, nothing ticked beforehand. Where a relation was declared there is no row any more;
    where none was, the row offers the grounds, in case something has changed."""
    grounds = [SelectChoice(g.value, _(text)) for g, text in GROUND_QUESTIONS.items() if g is not Ground.NONE]
    none = SelectChoice(Ground.NONE.value, _(GROUND_QUESTIONS[Ground.NONE]))
    rows = [
        a for a in declaring.applicants if a.ref not in declaring.declared or not declaring.declared[a.ref].recused
    ]
    members: dict[str, object] = {"refs": tuple(applicant.ref for applicant in rows)}
    for applicant in rows:
        members[f"ground-{applicant.ref}"] = RadioField(
            _("Your relation to %(merchant)s", merchant=applicant.merchant),
            [Optional()],
            choices=grounds if applicant.ref in declaring.declared else [*grounds, none],
        )
        members[f"detail-{applicant.ref}"] = TextAreaField(
            _("Describe the relation"),
            [Length(max=LONGEST_DETAIL)],
            filters=[tidy],
            description=_("Needed with a ground; only the supervisor reads it."),
        )
    kept: dict[str, str] = {}
    for ref, draft in declaring.drafts.items():
        # What was chosen and kept before, and nothing else, is chosen beforehand; what is sent speaks for itself.
        if ref not in declaring.declared and not sent:
            kept |= {f"ground-{ref}": draft.ground.value, f"detail-{ref}": draft.detail}
    return type("DeclareForm", (DeclareForm,), members)(data=kept)  # type: ignore[no-any-return]
