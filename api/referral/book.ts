/** The referral book of an institution, a month at a time, as a table for a spreadsheet. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { type BookEntry, type BookQuestion, listBookEntries } from '../../db/referral/book.ts';
import {
  toAnswerWords,
  toDirectionWords,
  toPastAppointmentWords,
  toReasonWords,
  toStateWords,
  toUrgencyWords,
} from '../../documents/referral-words.ts';
import { toSexWords } from '../../documents/words.ts';
import { toAgeWords } from '../../domain/time/age-words.ts';
import { startOfMonth, toShanghaiSecond } from '../../domain/time/shanghai.ts';
import { BYTE_ORDER_MARK, toCsvLines } from '../kit/csv.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { reaches, reachOf } from '../kit/reach.ts';
import { Id, Month } from '../kit/schemas.ts';

/** A month of a large hospital is read and sent a page at a time, never held whole. */
const ENTRIES_PER_PAGE = 500;

// --- the table ------------------------------------------------------------------------

type Column = [title: string, cell: (entry: BookEntry, number: number) => string];

const toInstant = (at: Date | null): string => (at === null ? '' : toShanghaiSecond(at));
const toMinutes = ({ at, answeredAt }: BookEntry): string =>
  answeredAt === null ? '' : ((answeredAt.getTime() - at.getTime()) / 60_000).toFixed(1);

function toStateCell({ side, former, status, statusReason, endReason }: BookEntry): string {
  if (!former) return status === null ? '' : toStateWords(status, statusReason);
  return side === 'sent' ? '患者迁居，由新机构接续' : `已离开本机构：${toReasonWords(endReason ?? '')}`;
}

const columns: Column[] = [
  ['序号', (_, number) => String(number)],
  ['单号', ({ referralId }) => referralId],
  ['类别', ({ side }) => (side === 'sent' ? '转出' : '转入')],
  ['方向', ({ direction }) => toDirectionWords(direction)],
  ['紧急程度', ({ urgency }) => toUrgencyWords(urgency)],
  ['绿色通道', ({ emergency }) => (emergency ? '是' : '否')],
  ['患者姓名', ({ patientName }) => patientName],
  ['性别', ({ sex }) => toSexWords(sex)],
  ['出生日期', ({ birthDate }) => birthDate],
  ['转诊时年龄', ({ birthDate, at }) => toAgeWords(birthDate, at)],
  ['电话', ({ phone }) => phone ?? ''],
  ['转出机构', ({ fromInstitution }) => fromInstitution],
  ['申请人', ({ fromPerson }) => fromPerson],
  ['转入机构', ({ toInstitution }) => toInstitution],
  ['转入科室', ({ toDepartment }) => toDepartment ?? ''],
  ['转诊原因', ({ reason }) => reason ?? ''],
  ['转出或收到时间', ({ at }) => toInstant(at)],
  ['答复', ({ answer }) => (answer === null ? '' : toAnswerWords(answer))],
  ['答复时间', ({ answeredAt }) => toInstant(answeredAt)],
  ['答复用时（分钟）', toMinutes],
  ['预约就诊时间', ({ appointmentAt }) => toInstant(appointmentAt)],
  ['就诊情况', ({ pastAppointment }) => (pastAppointment === null ? '' : toPastAppointmentWords(pastAppointment))],
  ['诊疗结果', ({ outcome }) => outcome ?? ''],
  ['状态', toStateCell],
  ['状态说明', ({ statusReason }) => (statusReason === null ? '' : toReasonWords(statusReason))],
  ['结果审阅时间', ({ reviewedAt }) => toInstant(reviewedAt)],
  ['关闭时间', ({ closedAt }) => toInstant(closedAt)],
];

// --- reading --------------------------------------------------------------------------

type Request = Pick<OperationRequest, 'deps' | 'actor' | 'requestId'>;

/** Each look at a patient is recorded before it is shown. */
async function pageOf({ deps, actor, requestId }: Request, question: BookQuestion): Promise<BookEntry[]> {
  const entries = await listBookEntries(deps.db, question);
  await auditRead(deps.db, {
    actor,
    action: 'referral-book.read',
    targetType: 'institution',
    targetId: question.institutionId,
    patientIds: entries.map(({ patientId }) => patientId),
    requestId,
  });
  return entries;
}

/** The answer has begun and can only be broken off: whoever reads it must not take it for whole. */
async function nextPage(request: Request, question: BookQuestion): Promise<BookEntry[]> {
  try {
    return await pageOf(request, question);
  } catch (error) {
    request.deps.log.error({ err: error, requestId: request.requestId, operation: 'getReferralBook' }, 'answer broken off');
    throw error;
  }
}

async function* table(request: Request, question: BookQuestion, firstPage: readonly BookEntry[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(BYTE_ORDER_MARK + toCsvLines([columns.map(([title]) => title)]));
  let number = 0;
  for (let entries = firstPage; entries.length > 0; ) {
    const begun = number;
    yield encoder.encode(toCsvLines(entries.map((entry, index) => columns.map(([, cellOf]) => cellOf(entry, begun + index + 1)))));
    number += entries.length;
    const last = entries.at(-1);
    entries = last && entries.length === question.limit ? await nextPage(request, { ...question, after: last }) : [];
  }
}

/** Resolves with null for the book of the whole alliance. Throws Problem 403 or 422. */
async function institutionOf(
  request: OperationRequest<unknown, { institutionId?: string | undefined; all?: 'true' | undefined }>,
): Promise<string | null> {
  const { query, caller } = request;
  const reach = await reachOf(request);
  const isOffice = reach.over === 'alliance';
  if (!isOffice && query.all !== undefined) throw new Problem('role-may-not');
  if (isOffice && (query.institutionId === undefined) === (query.all === undefined))
    throw invalidRequestProblem(query.all === undefined ? 'institutionId' : 'all', {
      zh: '须指定一个机构，或 all=true，二者择一',
      en: 'give an institution, or all=true for the whole alliance, and not both',
    });
  if (query.all !== undefined) return null;
  const institutionId = query.institutionId ?? caller.institutionId;
  if (!reaches(reach, institutionId)) throw new Problem('role-may-not', { deniedTargetId: institutionId });
  return institutionId;
}

const getReferralBook = operation({
  id: 'getReferralBook',
  method: 'get',
  path: '/v1/referral-book.csv',
  tag: 'referral',
  summary: '转诊登记本（按月，CSV） / The referral book of an institution, by month',
  query: z.strictObject({
    institutionId: Id.optional().openapi({ description: "The caller's own by default; another one only for the alliance office" }),
    all: z
      .literal('true')
      .optional()
      .openapi({ description: 'One book for the whole alliance: the alliance office gives either this or an institution' }),
    month: Month.openapi({ description: 'In Asia/Shanghai' }),
  }),
  answers: {
    200: {
      description: 'UTF-8 with a byte order mark; one line for each referral that was sent or came in that month',
      schema: z.instanceof(ReadableStream).openapi({ type: 'string' }),
      contentType: 'text/csv',
    },
  },
  async handle(request) {
    const { deps, query } = request;
    const institutionId = await institutionOf(request);
    if (institutionId !== null && !(await findInstitution(deps.db, institutionId)))
      throw invalidRequestProblem('institutionId', { zh: '没有这个机构', en: 'no such institution' });
    const question: BookQuestion = {
      institutionId,
      from: startOfMonth(query.month),
      to: startOfMonth(query.month, 1),
      limit: ENTRIES_PER_PAGE,
    };
    // The first page is read before the answer begins, so that an error can still be answered as a problem.
    const firstPage = await pageOf(request, question);
    return {
      status: 200,
      body: ReadableStream.from(table(request, question, firstPage)),
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="referral-book-${query.month}.csv"`,
      },
    };
  },
});

export const referralBookOperations: Operation[] = [getReferralBook];
