/** The list of episodes as a table for a spreadsheet, under the filters of the list. */
import { z } from '@hono/zod-openapi';
import { type EpisodeFilter, type EpisodeRecord, listEpisodes } from '../../db/discharge/episodes.ts';
import { loadNamesOfEpisodes, type NamesOfEpisodes } from '../../db/discharge/names.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { createTranslation } from '../../documents/words.ts';
import { episodeStatuses } from '../../domain/discharge/codes.ts';
import { riskLevels } from '../../domain/discharge/risk-model.ts';
import { type DischargeState, findDuty } from '../../domain/discharge/state.ts';
import { toShanghaiMinute } from '../../domain/time/shanghai.ts';
import { BYTE_ORDER_MARK, toCsvLines } from '../kit/csv.ts';
import { type OperationRequest, operation } from '../kit/operation.ts';
import { institutionsWithin, reachOf } from '../kit/reach.ts';
import { DateOnly, Flag, Id } from '../kit/schemas.ts';

export const EpisodeFilterQuery = {
  status: z.enum(episodeStatuses).optional(),
  hospitalId: Id.optional(),
  centreId: Id.optional(),
  patientId: Id.optional(),
  visitNumber: Id.optional(),
  risk: z.enum(riskLevels).optional(),
  overdue: Flag.optional(),
  dischargedFrom: DateOnly.optional(),
  dischargedTo: DateOnly.optional(),
};

/** The years of a centre are read and sent a page at a time, never held whole. */
const EPISODES_A_PAGE = 200;

// --- the table ------------------------------------------------------------------------

interface Line {
  record: EpisodeRecord;
  names: NamesOfEpisodes;
}
type Column = [title: string, cell: (line: Line) => string];

const toStatusWords = createTranslation({ admitted: '住院中', discharged: '已出院', suspended: '再次住院，暂停', ended: '已结束' });
const toEndWords = createTranslation({
  completed: '完成',
  expired: '到期',
  lost: '失访',
  withdrawn: '退出',
  readmitted: '再入院',
  transferred: '转院',
  cancelled: '撤销',
  died: '死亡',
});
const toRiskWords = createTranslation({ low: '低', medium: '中', high: '高' });
const toDutyWords = createTranslation({
  waiting: '未到期',
  open: '待办',
  overdue: '逾期',
  done: '完成',
  missed: '未做',
  'not-reached': '未联系到',
  lost: '失访',
  withdrawn: '取消',
});

const toInstant = (at: number | null | undefined): string => (at === null || at === undefined ? '' : toShanghaiMinute(at));

/** The last day of a duty and what became of it. */
const dutyColumns = (title: string, name: Parameters<typeof findDuty>[1]): Column[] => {
  const dutyOf = (line: Line) => findDuty(line.record.state, name);
  return [
    [`${title}期限`, (line) => dutyOf(line)?.dueOn ?? ''],
    [`${title}情况`, (line) => toDutyWords(dutyOf(line)?.state ?? '')],
  ];
};

const countOrders = ({ orders }: DischargeState, status: string): string =>
  String(orders.filter((order) => order.status === status).length);

const columns: Column[] = [
  ['编号', ({ record: { id } }) => id],
  ['患者姓名', ({ record: { state }, names }) => names.patients.get(state.patientId)?.name ?? ''],
  ['电话', ({ record: { state }, names }) => names.patients.get(state.patientId)?.phone ?? ''],
  ['住院号', ({ record: { state } }) => state.visitNumber],
  ['医院', ({ record: { state }, names }) => names.institutions.get(state.hospitalId) ?? ''],
  ['社康中心', ({ record: { state }, names }) => names.institutions.get(state.centreId) ?? ''],
  ['状态', ({ record: { state } }) => toStatusWords(state.status ?? '')],
  ['结束原因', ({ record: { state } }) => toEndWords(state.endReason ?? '')],
  ['风险', ({ record: { state } }) => toRiskWords(state.risk.level)],
  ['入院时间', ({ record: { state } }) => toInstant(state.standing?.admittedAt)],
  ['出院时间', ({ record: { state } }) => toInstant(state.standing?.dischargedAt)],
  ...dutyColumns('首次联系', 'contact'),
  ['联系步骤', ({ record: { state } }) => (state.ladder.rung === null ? '' : String(state.ladder.rung))],
  ...dutyColumns('出院后随访', 'visit'),
  ...dutyColumns('用药核对', 'reconciliation'),
  ...dutyColumns('结束联系', 'closing-contact'),
  ['医嘱事项数', ({ record: { state } }) => String(state.orders.length)],
  ['已关闭', ({ record: { state } }) => countOrders(state, 'closed')],
  ['逾期', ({ record: { state } }) => countOrders(state, 'overdue')],
  ['沟通中', ({ record: { state } }) => countOrders(state, 'in-conversation')],
];

// --- reading --------------------------------------------------------------------------

type Request = Pick<OperationRequest, 'deps' | 'actor' | 'requestId'>;
interface Question {
  filter: EpisodeFilter;
  institutionIds: readonly string[] | undefined;
}

/** Each look at a patient is recorded before it is shown. */
async function readPage({ deps, actor, requestId }: Request, { filter, institutionIds }: Question, before?: string): Promise<Line[]> {
  const records = await listEpisodes(deps.db, filter, { limit: EPISODES_A_PAGE, before, institutionIds });
  const names = await loadNamesOfEpisodes(
    deps.db,
    records.map(({ state }) => state),
  );
  await auditRead(deps.db, {
    actor,
    action: 'discharge.list',
    targetType: 'discharge',
    targetId: null,
    patientIds: records.map(({ state }) => state.patientId),
    requestId,
  });
  return records.map((record) => ({ record, names }));
}

/** The answer has begun and can only be broken off: whoever reads it must not take it for whole. */
async function readNextPage(request: Request, question: Question, before: string): Promise<Line[]> {
  try {
    return await readPage(request, question, before);
  } catch (error) {
    request.deps.log.error({ err: error, requestId: request.requestId, operation: 'exportEpisodes' }, 'answer broken off');
    throw error;
  }
}

async function* writeTable(request: Request, question: Question, firstPage: readonly Line[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(BYTE_ORDER_MARK + toCsvLines([columns.map(([title]) => title)]));
  for (let lines = firstPage; lines.length > 0; ) {
    yield encoder.encode(toCsvLines(lines.map((line) => columns.map(([, cellOf]) => cellOf(line)))));
    const last = lines.length === EPISODES_A_PAGE ? lines.at(-1) : undefined;
    lines = last ? await readNextPage(request, question, last.record.id) : [];
  }
}

export const exportEpisodes = operation({
  id: 'exportEpisodes',
  method: 'get',
  path: '/v1/episodes.csv',
  tag: 'discharge',
  summary: '出院后安排列表（CSV） / Episodes as a table, newest first',
  query: z.strictObject(EpisodeFilterQuery),
  answers: {
    200: {
      description: 'UTF-8 with a byte order mark; one line for each episode',
      schema: z.instanceof(ReadableStream).openapi({ type: 'string' }),
      contentType: 'text/csv',
    },
  },
  async handle(request) {
    const question: Question = { filter: request.query, institutionIds: institutionsWithin(await reachOf(request)) };
    // The first page is read before the answer begins, so that an error can still be answered as a problem.
    const firstPage = await readPage(request, question);
    return {
      status: 200,
      body: ReadableStream.from(writeTable(request, question, firstPage)),
      headers: { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="episodes.csv"' },
    };
  },
});
