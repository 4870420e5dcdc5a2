/** Indicators of follow-up by disease, after the national specification, 3rd edition: 规范管理率 and 控制率. */
import { z } from '@hono/zod-openapi';
import { countsOfSpan, type FollowUpCounts, type FollowUpIndicatorRow, sumOfCounts } from '../../db/follow-up/indicator-counts.ts';
import { loadFollowUpIndicators } from '../../db/follow-up/indicators.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { CountSchema, KeptShareSchema, type PathwayIndicators, ShareSchema, shareOf, withShare } from '../kit/indicators.ts';

const FollowUpIndicatorsSchema = z
  .strictObject({
    disease: z.string(),
    enrolled: CountSchema,
    managed: CountSchema,
    perSpecification: KeptShareSchema,
    controlled: z.strictObject({ payment: KeptShareSchema, clinical: KeptShareSchema }),
    visits: z.strictObject({ recorded: CountSchema, faceToFace: CountSchema }),
    windows: z.strictObject({
      due: CountSchema,
      done: CountSchema,
      inTime: CountSchema,
      late: CountSchema,
      expired: CountSchema,
      open: CountSchema,
      timely: KeptShareSchema,
    }),
    referrals: z.strictObject({ started: CountSchema, sent: CountSchema, arrived: CountSchema, arrivalRate: ShareSchema }),
    ended: z.strictObject({ lost: CountSchema, died: CountSchema, withdrawn: CountSchema }),
  })
  .openapi('FollowUpIndicators');

function toFigures({ disease, counts }: Pick<FollowUpIndicatorRow, 'disease' | 'counts'>): z.infer<typeof FollowUpIndicatorsSchema> {
  const { enrolled, managed, inTime, late, expired, open, referrals, sent, arrived, lost, died, withdrawn } = counts;
  return {
    disease,
    enrolled,
    managed,
    perSpecification: withShare(counts.perSpecification),
    controlled: { payment: withShare(counts.payment), clinical: withShare(counts.clinical) },
    visits: { recorded: counts.visits, faceToFace: counts.faceToFace },
    windows: {
      due: inTime + late + expired + open,
      done: inTime + late,
      inTime,
      late,
      expired,
      open,
      timely: withShare({ kept: inTime, decided: inTime + late + expired }),
    },
    referrals: { started: referrals, sent, arrived, arrivalRate: shareOf(arrived, sent) },
    ended: { lost, died, withdrawn },
  };
}

type Figures = z.infer<typeof FollowUpIndicatorsSchema>;

export const followUpIndicators: PathwayIndicators = {
  shape: { followUp: z.array(FollowUpIndicatorsSchema) },
  emptyFigures: { followUp: [] },
  definitions: [
    {
      indicator: 'followUp',
      zh: '按病种统计，病种取自方案。全部计入现管理该份随访的机构：转出后连同以往记录计入新机构。同一人同一病种先后多次纳入的，计已开始的最后一次。',
      en: "By disease, as the protocols name it. All counts for the centre that has the enrolment now: after a transfer, for the new one, with what came before. Of a person's several enrolments in one disease the latest that has begun counts.",
    },
    {
      indicator: 'followUp.managed',
      zh: '年内已管理人数：当年 1 月 1 日至该月末曾在管（含暂停、死亡、失访和退出）的人数。enrolled：该月纳入的人次。',
      en: 'Persons managed at some time from 1 January to the end of the month, paused, dead, lost and withdrawn ones included. enrolled: enrolments that began in the month.',
    },
    {
      indicator: 'followUp.perSpecification',
      zh: '规范管理率 = kept / decided。decided：至该月末已有应随访次数（至少 1 次）的已管理人数，方案未规定年度次数或在管不足 91 天的不计。kept：其中 1 月 1 日至该月末，有测量值的面对面随访（门诊、家庭）不少于应随访次数；应随访次数 = 在管天数 / 91 取整，最多 4 次；同一天只计一次，年度健康检查每年计一次。12 月即全年的规范管理率。',
      en: 'kept / decided. Decided: managed, and owed at least one visit by the end of the month; whoever is under a protocol without a yearly quota, or enrolled for less than 91 days, owes none. Kept: of these, from 1 January to the end of the month as many face-to-face visits (clinic, home) with a value as were owed: days enrolled / 91, rounded down, at most 4. A day counts once, the yearly health check once a year. In December this is the figure of the year.',
    },
    {
      indicator: 'followUp.controlled',
      zh: '控制率 = kept / decided。decided：该病种有指标值的已管理人数。kept：1 月 1 日至该月末最近一次随访达标；失访、未随访或未测量均计为未达标。payment：2017 年规范（第三版）的指标值；clinical：2025 年指南的目标值。只有一个指标值的病种（糖尿病），两者相同。',
      en: 'kept / decided. Decided: managed in a disease that has such a number. Kept: on target at the latest visit from 1 January to the end of the month; lost, not seen or not measured is not on target. payment: the number of the 2017 specification; clinical: the target of the 2025 guideline. A disease with one number (diabetes) has it as both.',
    },
    {
      indicator: 'followUp.visits',
      zh: '该月进行的随访次数（含补录）；faceToFace：其中门诊和家庭随访。',
      en: 'Visits made in the month, those entered late included; faceToFace: those in the clinic or at home.',
    },
    {
      indicator: 'followUp.windows',
      zh: '应随访次数 due = inTime + late + expired + open，按应随访的最后日期所在月份计。inTime：在该日或之前完成；late：之后完成；expired：逾期未随访而作罢；open：尚未完成。done = inTime + late。因暂停、退出等而取消的不计。及时率 timely：kept = inTime，decided = inTime + late + expired（已有结果的）。',
      en: 'Visits that were due: inTime + late + expired + open, by the month of their last day. inTime: made on that day or before; late: after it; expired: given up without a visit; open: still to be made. done = inTime + late. What a pause, a withdrawal or the like has made needless is left out. timely: kept = inTime of decided = inTime + late + expired, which is what has come to an end.',
    },
    {
      indicator: 'followUp.referrals',
      zh: '该月随访发起的转诊：started 含草稿；sent 已发出；arrived 已到诊（定义同 arrivalRate）；到诊率 = arrived / sent。',
      en: 'Referrals that visits of the month started, drafts included; sent; arrived as in arrivalRate above; the rate is arrived / sent.',
    },
    {
      indicator: 'followUp.ended',
      zh: '该月终止且现仍终止的随访：失访、死亡、退出。重新纳入的不计。',
      en: 'Enrolments that ended in the month and still stand so: lost, died, withdrawn. Reopened ones are left out.',
    },
  ],
  async load(db, question) {
    const rows = await loadFollowUpIndicators(db, question);
    const lastMonth = localDateOf(question.to.getTime() - 1).slice(0, 7);
    return {
      institutions: [...Map.groupBy(rows, ({ institutionId, month }) => `${month} ${institutionId}`).values()].flatMap((ofOne) =>
        ofOne.slice(0, 1).map(({ institutionId, month }) => ({ institutionId, month, figures: { followUp: ofOne.map(toFigures) } })),
      ),
      months: [...Map.groupBy(rows, ({ month }) => month)].map(([month, ofMonth]) => ({
        month,
        figures: { followUp: byDisease(ofMonth, (own) => sumOfCounts(own.map(({ counts }) => counts))) },
      })),
      span: { followUp: byDisease(rows, (own) => countsOfSpan(own, lastMonth)) },
    };
  },
};

const byDisease = (rows: readonly FollowUpIndicatorRow[], sum: (rows: readonly FollowUpIndicatorRow[]) => FollowUpCounts): Figures[] =>
  [...Map.groupBy(rows, ({ disease }) => disease)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([disease, own]) => toFigures({ disease, counts: sum(own) }));
