/** The indicators of all pathways by institution and month. Each pathway counts its own in its folder; this puts them together. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import type { Database } from '../../db/kit/database.ts';
import type { IndicatorQuestion } from '../../db/kit/indicators.ts';
import { startOfMonth } from '../../domain/time/shanghai.ts';
import type { IndicatorDefinition } from '../kit/indicators.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { reaches, reachOf } from '../kit/reach.ts';
import { everyPathwayApi } from '../kit/registry.ts';
import { Id, Month } from '../kit/schemas.ts';

/** Two years are enough to compare a month with the same one of last year. */
const MOST_MONTHS = 24;

const parts = everyPathwayApi.flatMap(({ indicators }) => indicators ?? []);

const figureShape = Object.fromEntries(parts.flatMap(({ shape }) => Object.entries(shape)));

const InstitutionMonthSchema = z
  .strictObject({ institutionId: z.string(), month: Month, ...figureShape })
  .openapi('IndicatorsOfInstitution');
const MonthTotalSchema = z.strictObject({ month: Month, ...figureShape }).openapi('IndicatorsOfMonth');
const SpanTotalSchema = z.strictObject(figureShape).openapi('IndicatorsOfSpan');

const IndicatorsSchema = z
  .strictObject({
    from: Month,
    to: Month,
    timeZone: z.literal('Asia/Shanghai'),
    definitions: z.array(z.strictObject({ indicator: z.string(), zh: z.string(), en: z.string() })),
    items: z.array(InstitutionMonthSchema),
    /** by month, of all institutions that are asked about: of the alliance where none is named */
    totals: z.array(MonthTotalSchema),
    /** of all of them over the whole span */
    total: SpanTotalSchema,
  })
  .openapi('Indicators');

type Figures = Pick<z.infer<typeof IndicatorsSchema>, 'items' | 'totals' | 'total'>;

const definitions: IndicatorDefinition[] = [
  {
    indicator: 'month',
    zh: '按北京时间。发出按首次发出的月份计入首次发出的机构；收到按转到该机构的月份计入该机构。数值反映这些转诊到查询时为止的结局，以后仍会变化。出院按出院日期所在月份计入医院与社区中心。既无转诊、随访也无出院的月份不列出。',
    en: 'In Asia/Shanghai. Sent referrals count for who sent them first, in the month of the sending; received ones for who was asked, in the month in which they came there. The figures tell what has become of them by now, and may change. Discharges count in the month of their date, for the hospital and the centre. Months without referrals, follow-ups and discharges are left out.',
  },
  {
    indicator: 'total',
    zh: 'totals：所查全部机构（未指定机构时为整个医联体）各月合计。total：整个时段合计；年初累计类数值（managed、perSpecification、controlled）取时段最后一个月的值。中位数与第 90 百分位数由全部答复直接求得，不由各机构的数值推算。',
    en: 'totals: by month, of all institutions that are asked about, which is the alliance where none is named. total: of the whole span; what is counted from 1 January (managed, perSpecification, controlled) is that of its last month. Medians and percentiles are those of all answers together.',
  },
  ...parts.flatMap((part) => part.definitions),
];

const emptyFigures = Object.fromEntries(parts.flatMap((part) => Object.entries(part.emptyFigures)));

/** A month of an institution, and a month of all of them, stands there when at least one pathway has figures of it; oldest first, then by institution. */
async function loadFigures(db: Database, question: IndicatorQuestion): Promise<Figures> {
  const answers = await Promise.all(parts.map(({ load }) => load(db, question)));
  const institutions = new Map<string, Figures['items'][number]>();
  const months = new Map<string, Figures['totals'][number]>();
  for (const answer of answers) {
    for (const { institutionId, month, figures } of answer.institutions) {
      const key = `${month} ${institutionId}`;
      institutions.set(key, { institutionId, month, ...(institutions.get(key) ?? emptyFigures), ...figures });
    }
    for (const { month, figures } of answer.months) months.set(month, { month, ...(months.get(month) ?? emptyFigures), ...figures });
  }
  return {
    items: inOrder(institutions),
    totals: inOrder(months),
    total: Object.assign({}, emptyFigures, ...answers.map(({ span }) => span)),
  };
}

const inOrder = <Item>(items: ReadonlyMap<string, Item>): Item[] => [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);

/** Resolves with the institution that the question is about, or undefined when it is about all. Throws Problem 403 or 422. */
async function findAskedInstitution(
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
    throw invalidRequestProblem('institutionId', { zh: '没有这个机构', en: 'no such institution' });
  return asked;
}

const getIndicators = operation({
  id: 'getIndicators',
  method: 'get',
  path: '/v1/indicators',
  tag: 'indicators',
  summary: '转诊、随访与出院后安排指标（按机构与月份） / Indicators of referral, follow-up and discharge, by institution and month',
  query: z.strictObject({
    institutionId: Id.optional().openapi({ description: 'A head: their own. Office, auditor, system administrator: any; all without one' }),
    from: Month.openapi({ description: 'The first month' }),
    to: Month.openapi({ description: `The last month, at most ${MOST_MONTHS} in all` }),
  }),
  answers: { 200: { description: 'Figures and what they say', schema: IndicatorsSchema } },
  async handle(request) {
    const { deps, query } = request;
    const institutionId = await findAskedInstitution(request, query.institutionId);
    const from = startOfMonth(query.from);
    const end = startOfMonth(query.to, 1);
    if (end <= from) throw invalidRequestProblem('to', { zh: '早于 from', en: 'comes before from' });
    if (end > startOfMonth(query.from, MOST_MONTHS))
      throw invalidRequestProblem('to', { zh: `最多 ${MOST_MONTHS} 个月`, en: `at most ${MOST_MONTHS} months` });
    const figures = await loadFigures(deps.db, { institutionId, from, to: end });
    return { status: 200, body: { from: query.from, to: query.to, timeZone: 'Asia/Shanghai' as const, definitions, ...figures } };
  },
});

export const indicatorOperations: Operation[] = [getIndicators];
