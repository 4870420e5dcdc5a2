/** Indicators of referral (how many, how soon answered, how many came to their end) and of follow-up. Counts and times by institution and month, nothing about a person. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { followUpIndicators } from '../../db/follow-up/indicators.ts';
import { type Outcomes, type Received, receivedIndicators, sentIndicators } from '../../db/referral/indicators.ts';
import { startOfMonth } from '../../domain/time/shanghai.ts';
import { FollowUpIndicatorsSchema, followUpDefinitions, followUpShown, shareOf, withShare } from '../follow-up/indicators.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalid, Problem } from '../kit/problem.ts';
import { reaches, reachOf } from '../kit/reach.ts';
import { Id } from '../kit/schemas.ts';
import { Month } from '../referral/book.ts';

/** Two years: enough to compare a month with the same one of last year. */
const MOST_MONTHS = 24;

const count = z.number().int();
const share = z.number().min(0).max(1).nullable();

const outcomes = {
  referrals: count,
  arrived: count,
  arrivalRate: share,
  completed: count,
  closedLoops: count,
  closedLoopShare: share,
  noShows: count,
  cancelled: count,
  expired: count,
};
const AnswerTimesSchema = z.strictObject({ count, medianSeconds: count.nullable(), p90Seconds: count.nullable() }).openapi('AnswerTimes');
const SentSchema = z.strictObject(outcomes).openapi('SentIndicators');
const ReceivedSchema = z
  .strictObject({
    ...outcomes,
    timeToAnswer: z.strictObject({ urgent: AnswerTimesSchema, 'same-day': AnswerTimesSchema, routine: AnswerTimesSchema }),
    sla: z.strictObject({ kept: count, decided: count, share }),
    firstFollowUps: z.strictObject({ kept: count, decided: count, share }),
  })
  .openapi('ReceivedIndicators');

const IndicatorsSchema = z
  .strictObject({
    from: z.string(),
    to: z.string(),
    timeZone: z.literal('Asia/Shanghai'),
    definitions: z.array(z.strictObject({ indicator: z.string(), zh: z.string(), en: z.string() })),
    items: z.array(
      z.strictObject({
        institutionId: z.string(),
        month: z.string(),
        sent: SentSchema,
        received: ReceivedSchema,
        followUp: z.array(FollowUpIndicatorsSchema),
      }),
    ),
  })
  .openapi('Indicators');

type Item = z.infer<typeof IndicatorsSchema>['items'][number];

/** What each figure says; they go out with the figures, so that nobody has to guess. */
const definitions: z.infer<typeof IndicatorsSchema>['definitions'] = [
  {
    indicator: 'month',
    zh: '按北京时间。发出按首次发出的月份计入首次发出的机构；收到按转到该机构的月份计入该机构。数值反映这些转诊到查询时为止的结局，以后仍会变化。既无转诊也无随访的月份不列出。',
    en: 'In Asia/Shanghai. Sent referrals count for who sent them first, in the month of the sending; received ones for who was asked, in the month in which they came there. The figures tell what has become of them by now, and may change. Months without referrals and follow-ups are left out.',
  },
  {
    indicator: 'referrals',
    zh: '发出（sent）或收到（received）的转诊数，不含草稿。一份转诊先后转到几家机构，每家各计一次收到，结局只计各家自己的部分。',
    en: 'Referrals sent or received, without drafts. One that went from institution to institution is received by each, and each counts its own part.',
  },
  {
    indicator: 'arrivalRate',
    zh: '到诊率 = 到诊数 / 转诊数。到诊：已发送阶段小结（5.1.4）或已回传结果。',
    en: 'arrived / referrals. Arrived: an interim note (5.1.4) or an outcome was sent.',
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
    zh: '闭环率 = 已完成且转出方已审阅结果 / 已完成。',
    en: 'Completed and reviewed by the initiator / completed.',
  },
  { indicator: 'noShows', zh: '至少登记过一次未到诊的转诊数。', en: 'Referrals with at least one no-show.' },
  { indicator: 'cancelled', zh: '现为已取消（含撤回）的转诊数。', en: 'Referrals that stand cancelled, withdrawn ones included.' },
  {
    indicator: 'expired',
    zh: '发出：各机构均未答复而终止的转诊数。收到：本机构超时未答复的转诊数（已改派或终止）。',
    en: 'Sent: ended because no institution answered. Received: this institution did not answer in time and the referral went on or ended.',
  },
  ...followUpDefinitions,
];

const nothingSent: Outcomes = { referrals: 0, arrived: 0, completed: 0, closedLoops: 0, noShows: 0, cancelled: 0, expired: 0 };
const noAnswers = { count: 0, medianSeconds: null, p90Seconds: null };
const nothingReceived: Received = {
  ...nothingSent,
  answers: { urgent: noAnswers, 'same-day': noAnswers, routine: noAnswers },
  sla: { kept: 0, decided: 0 },
  firstFollowUps: { kept: 0, decided: 0 },
};

const outcomesShown = ({ referrals, arrived, completed, closedLoops, noShows, cancelled, expired }: Outcomes): Item['sent'] => ({
  referrals,
  arrived,
  arrivalRate: shareOf(arrived, referrals),
  completed,
  closedLoops,
  closedLoopShare: shareOf(closedLoops, completed),
  noShows,
  cancelled,
  expired,
});

const receivedShown = (received: Received): Item['received'] => ({
  ...outcomesShown(received),
  timeToAnswer: received.answers,
  sla: withShare(received.sla),
  firstFollowUps: withShare(received.firstFollowUps),
});

async function indicators(db: OperationRequest['deps']['db'], question: Parameters<typeof sentIndicators>[1]): Promise<Item[]> {
  const [sent, received, followUp] = await Promise.all([
    sentIndicators(db, question),
    receivedIndicators(db, question),
    followUpIndicators(db, question),
  ]);
  const items = new Map<string, Item>();
  const itemOf = ({ institutionId, month }: { institutionId: string; month: string }): Item => {
    const key = `${month} ${institutionId}`;
    const item = items.get(key) ?? {
      institutionId,
      month,
      sent: outcomesShown(nothingSent),
      received: receivedShown(nothingReceived),
      followUp: [],
    };
    items.set(key, item);
    return item;
  };
  for (const row of sent) itemOf(row).sent = outcomesShown(row.counts);
  for (const row of received) itemOf(row).received = receivedShown(row.counts);
  for (const row of followUp) itemOf(row).followUp.push(followUpShown(row));
  return [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** The institution asked about; undefined: all. Throws Problem 403 or 422. */
async function institutionOf(
  request: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>,
  asked: string | undefined,
): Promise<string | undefined> {
  const reach = await reachOf(request);
  if (reach.over !== 'alliance') {
    const { institutionId } = request.caller;
    if (asked !== undefined && !reaches(reach, asked)) throw new Problem('role-may-not', { deniedTargetId: asked });
    return institutionId;
  }
  if (asked !== undefined && !(await findInstitution(request.deps.db, asked)))
    throw invalid('institutionId', { zh: '没有这个机构', en: 'no such institution' });
  return asked;
}

const getIndicators = operation({
  id: 'getIndicators',
  method: 'get',
  path: '/v1/indicators',
  tag: 'indicators',
  summary: '转诊与随访指标（按机构与月份） / Indicators of referral and follow-up, by institution and month',
  query: z.strictObject({
    institutionId: Id.optional().openapi({ description: 'A head: their own. Office, auditor, system administrator: any; all without one' }),
    from: Month.openapi({ description: 'The first month' }),
    to: Month.openapi({ description: `The last month, at most ${MOST_MONTHS} in all` }),
  }),
  answers: { 200: { description: 'Figures and what they say', schema: IndicatorsSchema } },
  async handle(request) {
    const { deps, query } = request;
    const institutionId = await institutionOf(request, query.institutionId);
    const from = startOfMonth(query.from);
    const end = startOfMonth(query.to, 1);
    if (end <= from) throw invalid('to', { zh: '早于 from', en: 'comes before from' });
    if (end > startOfMonth(query.from, MOST_MONTHS))
      throw invalid('to', { zh: `最多 ${MOST_MONTHS} 个月`, en: `at most ${MOST_MONTHS} months` });
    const items = await indicators(deps.db, { institutionId, from, to: end });
    return { status: 200, body: { from: query.from, to: query.to, timeZone: 'Asia/Shanghai' as const, definitions, items } };
  },
});

export const indicatorOperations: Operation[] = [getIndicators];
