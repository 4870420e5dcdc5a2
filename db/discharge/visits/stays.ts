/** The stays of one resident as they are stored, and what their messages say together. */
import { sql } from 'kysely';
import type { SentEntry } from '../../../domain/discharge/sent-orders.ts';
import type { LaterStay } from '../../../domain/discharge/standing.ts';
import { type FoldedVisit, foldVisit, type VisitMessage, type VisitStanding } from '../../../domain/discharge/standing.ts';
import type { ReportedResult } from '../../../domain/discharge/visit-facts.ts';
import type { Trx } from '../../kit/transaction.ts';
import type { StayOrders, VisitMessageTable, VisitTable } from './tables.ts';

/** One message of a stay, as it is stored. */
export interface StoredMessage {
  factId: string;
  visitId: string;
  event: VisitMessageTable['event'];
  source: string;
  messageId: string;
  status: 'recorded' | 'held';
  senderId: string;
  senderInstitutionId: string;
  recordedAt: Date;
  occurredAt: Date | null;
  admittedAt: Date | null;
  dischargedAt: Date | null;
  departmentCode: string | null;
  admissionType: VisitMessage['admissionType'];
  disposition: VisitMessage['disposition'];
  isInpatient: boolean;
  patientId: string | null;
  result: ReportedResult | null;
  toldAt: Date | null;
  orders: readonly SentEntry[] | null;
}

export interface Stay {
  id: string;
  hospitalId: string;
  visitNumber: string;
  /** As it was stored before this transaction. */
  standing: VisitStanding | null;
  number: number;
  episodeId: string | null;
  /** The episode has ended and is over: it takes no message any more. */
  isOver: boolean;
  told: VisitTable['told'];
  later: LaterStay | null;
  laterNumber: number;
  /** What the episode has been told of orders that came in messages. */
  orders: StayOrders | null;
  messages: readonly StoredMessage[];
  /** The messages that mean this resident, folded. Its effects are by the id of the fact. */
  folded: FoldedVisit;
}

/** All stays of the resident, oldest row first. Their rows are locked; whoever calls this holds the lock of the resident. */
export async function lockStays(trx: Trx, recordIds: readonly string[]): Promise<Stay[]> {
  const ids = sql`any(${[...recordIds]}::text[])`;
  const { rows: visits } = await sql<Omit<Stay, 'messages' | 'folded'>>`
    select id, hospital_id as "hospitalId", visit_number as "visitNumber", standing, number, episode_id as "episodeId", told, later,
      later_number as "laterNumber", orders,
      exists (select from pathway where pathway.id = visit.episode_id and pathway.status = 'ended') as "isOver"
    from visit where patient_id = ${ids} order by created_at, id for update of visit`.execute(trx);
  if (visits.length === 0) return [];
  const { rows: messages } = await sql<StoredMessage>`
    select fact_id as "factId", visit_id as "visitId", event, source, message_id as "messageId", status, sender_id as "senderId",
      sender_institution_id as "senderInstitutionId", message.recorded_at as "recordedAt", message.occurred_at as "occurredAt",
      admitted_at as "admittedAt", discharged_at as "dischargedAt", department_code as "departmentCode", admission_type as "admissionType",
      disposition, is_inpatient as "isInpatient", message.patient_id as "patientId", result, told_at as "toldAt", orders
    from visit_message as message join fact on fact.id = message.fact_id
    where visit_id = any(${visits.map(({ id }) => id)}::uuid[]) and status in ('recorded', 'held')
    order by message_id, source`.execute(trx);
  return visits.map((visit) => {
    const own = messages.filter(({ visitId }) => visitId === visit.id);
    const folded = foldMessages(own.filter((message) => isOf(message, recordIds)));
    // All messages of a stay that an episode has begun with may turn out to mean somebody else: for its resident there was none.
    const withdrawn = visit.standing && { ...visit.standing, status: 'cancelled' as const };
    return { ...visit, messages: own, folded: { ...folded, standing: folded.standing ?? withdrawn } };
  });
}

/** Says whether a message means one of these records. */
export const isOf = ({ patientId }: StoredMessage, recordIds: readonly string[]): boolean =>
  patientId !== null && recordIds.includes(patientId);

function foldMessages(messages: readonly StoredMessage[]): FoldedVisit {
  const factIds = new Map<string, string>();
  const written = messages.flatMap((message): WrittenMessage[] => {
    const { event, messageId, source, factId } = message;
    if (event === 'result') return [];
    // A sender uses an id once; two senders may use the same one.
    const id = `${messageId}\u0000${source}`;
    factIds.set(id, factId);
    const { departmentCode, admissionType, disposition, isInpatient } = message;
    return [
      {
        id,
        event,
        recordedAt: message.recordedAt.getTime(),
        occurredAt: message.occurredAt?.getTime() ?? null,
        admittedAt: message.admittedAt?.getTime() ?? null,
        dischargedAt: message.dischargedAt?.getTime() ?? null,
        departmentCode,
        admissionType,
        disposition,
        isInpatient,
      },
    ];
  });
  const { effects, ...folded } = foldVisit(readInProgress(written));
  return { ...folded, effects: new Map([...effects].map(([id, effect]) => [factIds.get(id) ?? id, effect])) };
}

type WrittenMessage = Omit<VisitMessage, 'event'> & { event: VisitMessage['event'] | 'in-progress' };

/** That a stay goes on says that there was an admission; after a discharge it says that this was none. What was written before it decides. */
function readInProgress(written: readonly WrittenMessage[]): VisitMessage[] {
  const read = written.flatMap(({ event, ...message }): VisitMessage[] => (event === 'in-progress' ? [] : [{ ...message, event }]));
  const goingOn = written.filter(({ event }) => event === 'in-progress').toSorted((one, other) => one.recordedAt - other.recordedAt);
  for (const message of goingOn) {
    const before = foldVisit(read.filter(({ recordedAt }) => recordedAt < message.recordedAt)).standing;
    read.push({ ...message, event: before?.status === 'discharged' ? 'A13' : 'A01' });
  }
  return read;
}

/** When the stay began, as far as that is known; it orders the stays of a resident. */
export const beginningOf = ({ folded: { standing, firstRecordedAt } }: Stay): number => standing?.admittedAt ?? firstRecordedAt ?? 0;

/** The message that says first that there is a stay. */
export const findFirstApplied = ({ folded }: Stay): string | undefined =>
  [...folded.effects].find(([, effect]) => effect === 'applied')?.[0];

/** The last message that has changed something, in the order in which the hospital wrote them. */
export function findLastApplied({ folded, messages }: Stay): StoredMessage | undefined {
  const factId = [...folded.effects].findLast(([, effect]) => effect === 'applied')?.[0];
  return messages.find((message) => message.factId === factId);
}
