"""What people object to in the demonstration."""

from decimal import Decimal

from procurement.applications.verdicts import Reason
from procurement.demo.stories import Objection, RoundStory
from procurement.objections.rules import Detail, Effect, Filer, Filing, Ground, Remedy, Target


def a_mark_too_high(story: RoundStory) -> Objection:
    """A neighbour finds one mark of the first-placed product too high; the ruling finds the reason sound."""
    first = story.tally().ranking[0].application
    return Objection(
        filing=Filing(
            target=Target.TALLY,
            target_ref="",
            ground=Ground.NOT_AS_EVIDENCED,
            argument="演示：该项评分与提交的检验报告不符，报告未附追溯码。"
            "Demo: this mark does not fit the report that was sent, which shows no trace code.",
            remedy=Remedy.CORRECT_SCORE,
            detail=Detail(first, "M1", "quality", Decimal(1)),
            filer=Filer.PERSON,
            name="演示异议人 Demo objector",
            contact="objector@example.org",
        ),
        answer="演示：追溯码载于标签照片，评分有据。"
        "Demo: the trace code is on the photograph of the label; the mark stands.",
        asked="演示：请指明所称检验报告的编号和页次。"
        "Demo: please name the number and page of the report that you mean.",
        supplement="演示：系第二份检验报告，第3页。Demo: it is the second inspection report, page 3.",
        statement="演示：追溯码印在每批标签上，照片随申报提交。"
        "Demo: the trace code is printed on the label of every batch; the photograph came with the application.",
        opinion="演示：请质量专家说明照片上的代码是否为有效追溯码。"
        "Demo: a quality expert is asked whether the code on the photograph is a valid trace code.",
        ruling="演示：经核对标签照片，追溯码清晰可辨，评分理由成立，异议不成立。"
        "Demo: the code is legible on the photograph of the label; the reason for the mark holds; dismissed.",
    )


def a_false_statement(story: RoundStory) -> Objection:
    """A cooperative shows that the first-placed applicant stated something false; it is excluded."""
    first = story.tally().ranking[0].application
    detail = Detail(application=first)
    return Objection(
        filing=Filing(
            target=Target.RESULT,
            target_ref="",
            ground=Ground.FALSE_STATEMENT,
            argument="演示：申报的产地与实际不符，附公开的产地登记信息。"
            "Demo: the place of origin that was stated is not the real one; public register attached.",
            remedy=Remedy.EXCLUDE,
            detail=detail,
            filer=Filer.ORGANISATION,
            name="演示种植户联合会（演示） Demo growers' union (demo)",
            contact="growers@example.org",
        ),
        answer="演示：已函询产地主管部门，答复与申报不一致。"
        "Demo: the authority for the place of origin was asked; its answer differs from what was stated.",
        statement="演示：我方认为产地填写无误，愿配合核查。"
        "Demo: we hold that the origin was stated correctly and will help with the inquiry.",
        ruling="演示：主管部门书面答复证实申报产地不实，属虚假材料，取消入选资格，结果重新计算并重新公示。"
        "Demo: the authority confirms in writing that the stated origin is false. The application is excluded, the "
        "result computed anew and put on notice again.",
        effect=Effect(Remedy.EXCLUDE, detail, reason=Reason.FALSE_STATEMENT.value),
    )
