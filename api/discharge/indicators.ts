/** Indicators of discharges by the month of the discharge: what was owed afterwards and whether it was done, and the rates of TRC. */
import { z } from '@hono/zod-openapi';
import { type DischargeIndicatorRow, loadDischargeIndicators } from '../../db/discharge/indicators.ts';
import type { DischargeIndicator } from '../../domain/discharge/indicators.ts';
import { CountSchema, KeptShareSchema, type PathwayIndicators, shareOf } from '../kit/indicators.ts';

const shareShape = { ...KeptShareSchema.shape, pending: CountSchema };
const IndicatorSchema = z.strictObject(shareShape).openapi('DischargeShare');
type Share = z.infer<typeof IndicatorSchema>;

/** The figures of some rows together. A discharge is in one row. */
const sumOf = (rows: readonly DischargeIndicatorRow[]): Record<DischargeIndicator, Share> =>
  forEach((name) => {
    const sum = { kept: 0, decided: 0, pending: 0 };
    for (const { counts } of rows) for (const part of ['kept', 'decided', 'pending'] as const) sum[part] += counts[name][part];
    return { ...sum, share: shareOf(sum.kept, sum.decided) };
  });

/** Written out, so that the compiler sees that none is missing. */
const forEach = <Value>(of: (name: DischargeIndicator) => Value): Record<DischargeIndicator, Value> => ({
  contactInTime: of('contactInTime'),
  visit7: of('visit7'),
  visit14: of('visit14'),
  visit30: of('visit30'),
  reconciliation: of('reconciliation'),
  ordersDone: of('ordersDone'),
  readmission30: of('readmission30'),
  readmission30Unplanned: of('readmission30Unplanned'),
  lost: of('lost'),
  trcNotification: of('trcNotification'),
  trcInformation: of('trcInformation'),
  trcEngagement: of('trcEngagement'),
  trcReconciliation: of('trcReconciliation'),
});

const DischargeIndicatorsSchema = z.strictObject(forEach(() => IndicatorSchema)).openapi('DischargeIndicators');

export const dischargeFigures: PathwayIndicators = {
  shape: { discharge: DischargeIndicatorsSchema },
  emptyFigures: { discharge: sumOf([]) },
  definitions: [
    {
      indicator: 'discharge',
      zh: '按出院日期所在月份，计入出院医院和患者现在的社康中心（合计中每次出院只计一次）。N：现仍成立的活着出院，转往其他医院继续住院的（transferred）不计。share = kept / decided；pending：时限尚未结束，不计入 decided，已完成的也先计为 pending。',
      en: 'By the month of the discharge; counts for the hospital and for the present centre of the patient, in totals once. N: discharges alive that stand, not those that went on in another hospital (transferred). share is kept / decided; pending: the window is still open, also where it was done already, and none of decided.',
    },
    {
      indicator: 'discharge.contactInTime',
      zh: '首次联系及时率：kept = 在应联系日期或之前联系到。此前死亡或再入院而未联系到的不计。',
      en: 'Reached on or before the day when the first contact was due. Left out: who died or was readmitted by then and had not been reached.',
    },
    {
      indicator: 'discharge.visit7',
      zh: 'visit7、visit14、visit30：出院后第 1 日至第 7、14、30 日内有随访（门诊、家庭或视频）/ N。',
      en: 'visit7, visit14, visit30: a visit (clinic, home or video) on D+1 to D+7, 14, 30 / N.',
    },
    {
      indicator: 'discharge.reconciliation',
      zh: '出院当日至第 30 日内完成用药核对 / N。',
      en: 'Medicines reconciled from D to D+30 / N.',
    },
    {
      indicator: 'discharge.ordersDone',
      zh: '医嘱完成率：kept = 已完成，decided = 已关闭，不含不再需要、已替换、已延续、再入院、死亡和退出的；pending：尚未关闭的医嘱数。',
      en: 'Orders done / closed, less not-needed, replaced, continued, readmitted, died and withdrawn. pending: orders that are not closed.',
    },
    {
      indicator: 'discharge.readmission30',
      zh: '30 日内再入院（任何医院）/ N；readmission30Unplanned：其中非计划（非择期）的。',
      en: 'Admitted again within 30 days, in any hospital / N; readmission30Unplanned: those that were not elective.',
    },
    {
      indicator: 'discharge.lost',
      zh: '失访 / N；联系到、失访或已终止之前为 pending。',
      en: 'Lost / N; pending until the patient was reached, is lost or the episode has ended.',
    },
    {
      indicator: 'discharge.trcNotification',
      zh: 'TRC 各项：出院时满 18 岁、出院后第 30 日仍在世；30 日内因再入院或转院相连的住院只计最后一次。trcNotification：社康中心在入院日期后 2 日内知悉入院。',
      en: 'All of TRC: aged 18 or more at the discharge and alive at D+30; of stays linked by readmission or transfer within 30 days the last. trcNotification: the centre knew of the admission by two days after it.',
    },
    {
      indicator: 'discharge.trcInformation',
      zh: '出院信息在 D+2 或之前完整。',
      en: 'The information about the discharge was complete by D+2.',
    },
    {
      indicator: 'discharge.trcEngagement',
      zh: 'D+1 至 D+30 内联系到患者或家属，或有随访。',
      en: 'The patient or family was reached, or a visit was made, on D+1 to D+30.',
    },
    { indicator: 'discharge.trcReconciliation', zh: 'D 至 D+30 内完成用药核对。', en: 'Medicines reconciled from D to D+30.' },
  ],
  async load(db, question) {
    const rows = await loadDischargeIndicators(db, question);
    const asked = ({ hospitalId, centreId }: DischargeIndicatorRow) =>
      [...new Set([hospitalId, centreId])].filter((id) => question.institutionId === undefined || id === question.institutionId);
    const ofInstitutions = rows.flatMap((row) => asked(row).map((institutionId) => ({ institutionId, row })));
    return {
      institutions: [...Map.groupBy(ofInstitutions, ({ institutionId, row: { month } }) => `${month} ${institutionId}`).values()].flatMap(
        (own) =>
          own.slice(0, 1).map(({ institutionId, row: { month } }) => ({
            institutionId,
            month,
            figures: { discharge: sumOf(own.map(({ row }) => row)) },
          })),
      ),
      months: [...Map.groupBy(rows, ({ month }) => month)].map(([month, own]) => ({ month, figures: { discharge: sumOf(own) } })),
      span: { discharge: sumOf(rows) },
    };
  },
};
