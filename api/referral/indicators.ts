/** Indicators of referral: how many, how soon answered, how many came to their end. They hold counts and times, and nothing about a person. */
import { z } from '@hono/zod-openapi';
import type { IndicatorRow } from '../../db/kit/indicators.ts';
import { loadAnswerTimes } from '../../db/referral/answer-times.ts';
import { type Awaited, type AwaitedOfMonth, loadAwaited } from '../../db/referral/awaited.ts';
import { nothingReceived, nothingSent, sumOfReceived, sumOfSent } from '../../db/referral/indicator-counts.ts';
import { loadReceivedIndicators, loadSentIndicators, type Outcomes, type Received } from '../../db/referral/indicators.ts';
import { CountSchema, KeptShareSchema, type PathwayIndicators, ShareSchema, shareOf, withShare } from '../kit/indicators.ts';

const outcomeShape = {
  referrals: CountSchema,
  arrived: CountSchema,
  arrivalsDecided: CountSchema,
  arrivalRate: ShareSchema,
  completed: CountSchema,
  closedLoops: CountSchema,
  closedLoopsDecided: CountSchema,
  closedLoopShare: ShareSchema,
  noShows: CountSchema,
  cancelled: CountSchema,
  expired: CountSchema,
};
const nothingAwaited: Awaited = { arrivals: 0, reviews: 0 };
const AnswerTimesSchema = z
  .strictObject({ count: CountSchema, medianSeconds: CountSchema.nullable(), p90Seconds: CountSchema.nullable() })
  .openapi('AnswerTimes');
const SentSchema = z.strictObject(outcomeShape).openapi('SentIndicators');
const ReceivedSchema = z
  .strictObject({
    ...outcomeShape,
    timeToAnswer: z.strictObject({ urgent: AnswerTimesSchema, 'same-day': AnswerTimesSchema, routine: AnswerTimesSchema }),
    sla: KeptShareSchema,
    firstFollowUps: KeptShareSchema,
  })
  .openapi('ReceivedIndicators');

/** What still has time is owed by nobody yet. The sums and what is awaited are read one after the other, so a step between them may count in one only. */
function toSentFigures(
  { referrals, arrived, completed, closedLoops, noShows, cancelled, expired }: Outcomes,
  awaited: Awaited,
): z.infer<typeof SentSchema> {
  const arrivalsDecided = Math.max(arrived, referrals - awaited.arrivals);
  const closedLoopsDecided = Math.max(closedLoops, completed - awaited.reviews);
  return {
    referrals,
    arrived,
    arrivalsDecided,
    arrivalRate: shareOf(arrived, arrivalsDecided),
    completed,
    closedLoops,
    closedLoopsDecided,
    closedLoopShare: shareOf(closedLoops, closedLoopsDecided),
    noShows,
    cancelled,
    expired,
  };
}

const toReceivedFigures = (received: Received, awaited: Awaited): z.infer<typeof ReceivedSchema> => ({
  ...toSentFigures(received, awaited),
  timeToAnswer: received.answers,
  sla: withShare(received.sla),
  firstFollowUps: withShare(received.firstFollowUps),
});

export const referralIndicators: PathwayIndicators = {
  shape: { sent: SentSchema, received: ReceivedSchema },
  emptyFigures: { sent: toSentFigures(nothingSent, nothingAwaited), received: toReceivedFigures(nothingReceived, nothingAwaited) },
  definitions: [
    {
      indicator: 'referrals',
      zh: '发出（sent）或收到（received）的转诊数，不含草稿。一份转诊先后转到几家机构，每家各计一次收到，结局只计各家自己的部分。',
      en: 'Referrals sent or received, without drafts. One that went from institution to institution is received by each, and each counts its own part.',
    },
    {
      indicator: 'arrivalRate',
      zh: '到诊率 = 到诊数 / arrivalsDecided。到诊：已发送阶段小结（5.1.4）或已回传结果；arrivalsDecided：已到诊或转诊在该处已了结，仍在进行、尚可能到诊的不计。',
      en: 'arrived / arrivalsDecided. Arrived: an interim note (5.1.4) or an outcome was sent; arrivalsDecided: arrived, or the referral is over there. Left out: those that go on, whose patient may yet arrive.',
    },
    {
      indicator: 'timeToAnswer',
      zh: '从转到本机构到首次答复（接收、拒绝或转往其他机构）的时间，按紧急程度给出中位数与第 90 百分位数（线性插值，取整秒），不扣除等待补充信息的时间。未答复的不计。',
      en: 'From coming here to the first answer (accepted, declined or referred onward), by urgency: median and 90th percentile, interpolated, in whole seconds; waiting for information is not taken off. Unanswered ones are left out.',
    },
    {
      indicator: 'sla',
      zh: '时限内答复率 = kept / decided。kept：在答复时限用完（时间线 rung-100）之前答复；decided：已答复或时限已用完。此前被撤回、取消或改派的以及仍在时限内的不计。',
      en: 'kept / decided. Kept: answered before the time to answer was used up (rung-100 in the timeline); decided: answered, or the time was used up. Left out: withdrawn, cancelled or rerouted before that, or still within the time.',
    },
    {
      indicator: 'firstFollowUps',
      zh: '下转首次随访及时率 = kept / decided。kept：在首次随访时限（接收后 72 小时）用完之前回传随访结果；decided：已回传或时限已用完。',
      en: 'Of down referrals: kept / decided. Kept: the result of the first follow-up was sent before its time, 72 hours from acceptance, was used up; decided: sent, or the time was used up.',
    },
    {
      indicator: 'closedLoopShare',
      zh: '闭环率 = 已完成且转出方已审阅结果 / closedLoopsDecided：已审阅，或审阅时限（时间线 rung-100）已用完；仍在审阅时限内的不计。',
      en: 'Completed and reviewed by the initiator / closedLoopsDecided: reviewed, or the time to review (rung-100 in the timeline) was used up. Left out: those still within it.',
    },
    { indicator: 'noShows', zh: '至少登记过一次未到诊的转诊数。', en: 'Referrals with at least one no-show.' },
    { indicator: 'cancelled', zh: '现为已取消（含撤回）的转诊数。', en: 'Referrals that stand cancelled, withdrawn ones included.' },
    {
      indicator: 'expired',
      zh: '发出：各机构均未答复而终止的转诊数。收到：本机构超时未答复的转诊数（已改派或终止）。',
      en: 'Sent: ended because no institution answered. Received: this institution did not answer in time and the referral went on or ended.',
    },
  ],
  async load(db, question) {
    const [sent, received, times, awaited] = await Promise.all([
      loadSentIndicators(db, question),
      loadReceivedIndicators(db, question),
      loadAnswerTimes(db, question),
      loadAwaited(db, question),
    ]);
    const months = new Map<string, { institutionId: string; month: string; figures: Record<string, unknown> }>();
    const addFigures = (institutionId: string, month: string, figures: object): void => {
      const key = `${month} ${institutionId}`;
      months.set(key, { institutionId, month, figures: { ...months.get(key)?.figures, ...figures } });
    };
    const awaitedAt = (side: AwaitedOfMonth['side'], month: string | null, institutionId?: string): Awaited =>
      awaited
        .filter((one) => one.side === side && (month === null || one.month === month))
        .filter((one) => institutionId === undefined || one.institutionId === institutionId)
        .reduce((sum, { arrivals, reviews }) => ({ arrivals: sum.arrivals + arrivals, reviews: sum.reviews + reviews }), nothingAwaited);
    for (const { institutionId, month, counts } of sent)
      addFigures(institutionId, month, { sent: toSentFigures(counts, awaitedAt('sent', month, institutionId)) });
    for (const { institutionId, month, counts } of received)
      addFigures(institutionId, month, { received: toReceivedFigures(counts, awaitedAt('received', month, institutionId)) });
    const totalOf = (month: string | null) => {
      const ofMonth = <Counts>(rows: IndicatorRow<Counts>[]) =>
        rows.filter((row) => month === null || row.month === month).map(({ counts }) => counts);
      const answers = month === null ? times.span : times.months.get(month);
      return {
        sent: toSentFigures(sumOfSent(ofMonth(sent)), awaitedAt('sent', month)),
        received: toReceivedFigures(sumOfReceived(ofMonth(received), answers), awaitedAt('received', month)),
      };
    };
    return {
      institutions: [...months.values()],
      months: [...new Set([...sent, ...received].map(({ month }) => month))].map((month) => ({ month, figures: totalOf(month) })),
      span: totalOf(null),
    };
  },
};
