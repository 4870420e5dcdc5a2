/** Moving everybody on a protocol to another version of it: who would be moved and how, ordering it in batches, how far it has come. */
import { sql } from 'kysely';
import { followUp } from '../../domain/follow-up/decider.ts';
import type { NextVisit } from '../../domain/follow-up/evaluation.ts';
import type { VersionMoveOrder } from '../../domain/follow-up/events.ts';
import { moveEnrolment, type NewReferralCall } from '../../domain/follow-up/move-version.ts';
import type { Protocol } from '../../domain/follow-up/protocol.ts';
import { type FollowUpState, protocolKey, type VisitPlan } from '../../domain/follow-up/state.ts';
import { type Actor, withNewFields } from '../../domain/kit/pathway.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf, shortFormOf, storeDocuments } from '../kit/documents.ts';
import { publishFactsToPathways } from '../kit/publish-facts.ts';
import type { Trx } from '../kit/transaction.ts';

interface Dates {
  status: 'active' | 'paused' | 'ended';
  /** of the enrolment */
  next: NextVisit | null;
  /** The next visit of the resident, over all enrolments. */
  plan: Pick<VisitPlan, 'opensOn' | 'dueOn' | 'stage'> | null;
}

/** What the move does to one enrolment. */
export interface PreviewedMove {
  enrolmentId: string;
  pathwayId: string;
  patientId: string;
  institutionId: string;
  from: string;
  before: Dates;
  after: Dates;
  toBeSeen: NewReferralCall | null;
}

export const isDateMoved = ({ before, after }: PreviewedMove): boolean =>
  before.next?.dueOn !== after.next?.dueOn || before.plan?.dueOn !== after.plan?.dueOn;

/** Active and paused enrolments of other versions that no order is under way for. */
const waitingEnrolmentsSql = (protocol: Protocol) => sql`
  enrolment where protocol_id = ${protocol.id} and protocol_version <> ${protocol.version} and status <> 'ended'
    and not exists (
      select from fact join fact_delivery on fact_id = fact.id and settled_at is null
      where type = 'version-move-ordered' and details ->> 'to' = ${protocolKey(protocol)} and details ->> 'enrolmentId' = enrolment.id::text
    )`;

const BATCH = 100;

/** By enrolment id, oldest first, by the function that the move itself uses. */
export async function* previewMoves(db: Database, protocol: Protocol, after = ''): AsyncGenerator<PreviewedMove> {
  for (let from = after; ; ) {
    const { rows } = await sql<{ id: string; pathwayId: string; institutionId: string; state: FollowUpState; offsetMs: string }>`
      select waiting.id, pathway.id as "pathwayId", waiting.institution_id as "institutionId", state, clock_offset_ms as "offsetMs"
      from (select * from ${waitingEnrolmentsSql(protocol)} and id::text > ${from} order by id::text limit ${BATCH}) as waiting
        join pathway on pathway.id = pathway_id
      order by waiting.id::text`.execute(db);
    for (const { id, pathwayId, institutionId, state: stored, offsetMs } of await longFormOf(db, rows)) {
      const state = withNewFields(followUp, stored);
      const enrolment = state.enrolments.find((one) => one.id === id);
      if (!enrolment) continue;
      const { after, toBeSeen } = moveEnrolment(state, enrolment, protocol, Date.now() + Number(offsetMs), 'preview');
      yield {
        enrolmentId: id,
        pathwayId,
        patientId: state.patientId,
        institutionId,
        from: enrolment.protocol,
        before: datesOf(state, id),
        after: datesOf(after, id),
        toBeSeen,
      };
    }
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return;
    from = last.id;
  }
}

function datesOf({ enrolments, plan }: FollowUpState, id: string): Dates {
  const { status = 'ended', next = null } = enrolments.find((one) => one.id === id) ?? {};
  return { status, next, plan: plan && { opensOn: plan.opensOn, dueOn: plan.dueOn, stage: plan.stage } };
}

/**
 * The next of them, oldest first, or those that are named, each by a fact of its own. Whoever is on the version already, has ended or is being moved
 * is left out, so that a repeated order does nothing twice and the next one goes on where this one ends. Returns how many.
 */
export async function orderMoves(
  trx: Trx,
  protocol: Protocol,
  { limit, enrolmentIds, actor, at }: { limit: number; enrolmentIds?: readonly string[] | undefined; actor: Actor; at: Date },
): Promise<number> {
  // Two orders at once: the second waits here and then sees the first.
  await trx.selectFrom('protocol').select('id').where('id', '=', protocol.id).where('version', '=', protocol.version).forUpdate().execute();
  const input: Omit<VersionMoveOrder, 'enrolmentId' | 'occurredAt'> = { protocol, orderedBy: actor };
  await storeDocuments(trx, [protocol]);
  const to = protocolKey(protocol);
  const named = enrolmentIds ? sql`and id = any(${[...enrolmentIds]}::uuid[])` : sql``;
  // The number of orders before this one tells it from an earlier order to the same version.
  return publishFactsToPathways(
    trx,
    'version-move-ordered',
    sql`
      select pathway_id, null::uuid as creating_command_id, patient_id,
        concat_ws(':', 'version-move', ${to}::text, chosen.id, (select count(*) from fact
          where type = 'version-move-ordered' and details ->> 'to' = ${to} and details ->> 'enrolmentId' = chosen.id::text)) as message_id,
        ${at}::timestamptz as occurred_at, ${actor.institutionId}::text as sender_institution_id,
        jsonb_build_object('to', ${to}::text, 'enrolmentId', chosen.id) as details,
        ${JSON.stringify(shortFormOf(trx, input))}::jsonb || jsonb_build_object('enrolmentId', chosen.id) as input
      from (select id, pathway_id, patient_id from ${waitingEnrolmentsSql(protocol)} ${named} order by id limit ${limit}) as chosen`,
    { senderId: actor.personId },
  );
}

export interface MoveProgress {
  /** How many enrolments have been ordered to move. */
  ordered: number;
  /** How many of these have not moved yet. */
  underWay: number;
  /** How many enrolments have been moved to this version and are on it. */
  moved: number;
  /** How many active and paused enrolments of other versions have not been ordered to move. */
  remaining: number;
}

export async function moveProgress(db: Database, protocol: Protocol): Promise<MoveProgress> {
  const { rows } = await sql<MoveProgress>`
    select count(*)::int as ordered,
      count(*) filter (where settled_at is null)::int as "underWay",
      count(distinct enrolment.id) filter (where settled_at is not null)::int as moved,
      (select count(*)::int from ${waitingEnrolmentsSql(protocol)}) as remaining
    from fact join fact_delivery on fact_id = fact.id
      left join enrolment on enrolment.id = (details ->> 'enrolmentId')::uuid and protocol_id = ${protocol.id} and protocol_version = ${protocol.version}
    where type = 'version-move-ordered' and details ->> 'to' = ${protocolKey(protocol)}`.execute(db);
  return rows[0] as MoveProgress;
}

/** Of these, those that are no enrolments under any version of the protocol. */
export async function findEnrolmentsOutside(db: Database, protocol: Protocol, enrolmentIds: readonly string[]): Promise<string[]> {
  const known = await db
    .selectFrom('enrolment')
    .select('id')
    .where('protocol_id', '=', protocol.id)
    .where('id', 'in', enrolmentIds)
    .execute();
  return enrolmentIds.filter((id) => !known.some((row) => row.id === id));
}
