/** Discrepancies as they are read, and as the decisions of their pathways change them. */
import { type RawBuilder, sql } from 'kysely';
import type { ReportedDiscrepancy } from '../../domain/discrepancy/events.ts';
import type { OwnerRole, Suspect } from '../../domain/discrepancy/owner.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { SupplySight } from '../../domain/sterile-supply/sight.ts';
import type { DiscrepancyKind, DiscrepancyResolution, DiscrepancyStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { type NamedPlace, namedInstitution } from '../directory/named-places.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { type PathwayParts, pathwayPartsOf } from '../sterile-supply/pathway-parts.ts';

/** A line of the same round that has more of the type than it declared. */
export interface CandidateRecord {
  slipId: string;
  lineId: string;
  institutionId: string;
  institution: NamedPlace;
  setTypeId: string;
  quantity: number;
  setInstanceIds: string[];
}

export interface DiscrepancyRecord {
  id: string;
  kind: DiscrepancyKind;
  subjectType: string;
  subjectId: string;
  status: DiscrepancyStatus;
  version: number;
  createdAt: Date;
  institutionId: string | null;
  institution: NamedPlace | null;
  slipId: string | null;
  lineId: string | null;
  roundId: string | null;
  stopId: string | null;
  recallId: string | null;
  suspect: Suspect | null;
  owner: { role: OwnerRole; institutionId: string; institution: NamedPlace };
  evidence: unknown;
  note: string | null;
  investigation: string | null;
  resolution: DiscrepancyResolution | null;
  resolutionNote: string | null;
  resolvedBy: string | null;
  closedBy: string | null;
  candidates: CandidateRecord[];
  parts: PathwayParts;
}

export interface DiscrepancyFilter {
  kind?: DiscrepancyKind | undefined;
  status?: DiscrepancyStatus | undefined;
  institutionId?: string | undefined;
  roundId?: string | undefined;
}

const selectDiscrepancies = (where: RawBuilder<unknown>) => sql<DiscrepancyRecord>`
  select discrepancy.id, kind, subject_type as "subjectType", subject_id as "subjectId", discrepancy.status, discrepancy.version,
    discrepancy.created_at as "createdAt", discrepancy.institution_id as "institutionId",
    ${namedInstitution(sql`discrepancy.institution_id`)} as institution, discrepancy.slip_id as "slipId",
    discrepancy.line_id as "lineId", discrepancy.round_id as "roundId", discrepancy.stop_id as "stopId", discrepancy.recall_id as "recallId",
    discrepancy.suspect, jsonb_build_object('role', owner_role, 'institutionId', owner_institution_id,
      'institution', ${namedInstitution(sql`owner_institution_id`)}) as owner, evidence, note, investigation,
    resolution, resolution_note as "resolutionNote", resolved_by as "resolvedBy", closed_by as "closedBy",
    coalesce((
      select jsonb_agg(jsonb_build_object('slipId', other.slip_id, 'lineId', other.id, 'institutionId', slip.institution_id,
        'institution', ${namedInstitution(sql`slip.institution_id`)}, 'setTypeId', other.set_type_id,
        'quantity', other.extra, 'setInstanceIds', other.received_set_instance_ids) order by other.id)
      from slip_line as short
        join slip_line as other on other.set_type_id = short.set_type_id and other.direction = 'collect' and other.extra > 0 and other.id <> short.id
        join exchange_slip as slip on slip.id = other.slip_id and slip.round_id = discrepancy.round_id
      where short.id = discrepancy.line_id and discrepancy.kind = 'count' and short.missing > 0
    ), '[]') as candidates, ${pathwayPartsOf(sql`discrepancy.id`)} as parts
  from discrepancy ${where}`;

function seenBy(sight: SupplySight): RawBuilder<unknown> {
  switch (sight.over) {
    case 'alliance':
      return sql`true`;
    case 'centre':
      return sql`discrepancy.institution_id = ${sight.institutionId}`;
    case 'rounds':
      return sql`(discrepancy.opened_by ->> 'personId' = ${sight.personId}
        or discrepancy.round_id in (select id from supply_round where ${sight.personId} in (driver_id, courier_id)))`;
    case 'nothing':
      return sql`false`;
  }
}

/** `sight` is left out by whoever has decided already that the discrepancy may be shown. */
export async function findDiscrepancy(
  db: Database,
  id: string,
  sight: SupplySight = { over: 'alliance' },
): Promise<DiscrepancyRecord | undefined> {
  const { rows } = await selectDiscrepancies(sql`where discrepancy.id = ${id} and ${seenBy(sight)}`).execute(db);
  return rows[0];
}

/** Newest first. One more than `limit` when there are more. */
export async function listDiscrepancies(
  db: Database,
  { sight, kind, status, institutionId, roundId }: DiscrepancyFilter & { sight: SupplySight },
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<DiscrepancyRecord[]> {
  const conditions = [
    seenBy(sight),
    ...(kind === undefined ? [] : [sql`discrepancy.kind = ${kind}`]),
    ...(status === undefined ? [] : [sql`discrepancy.status = ${status}`]),
    ...(institutionId === undefined ? [] : [sql`discrepancy.institution_id = ${institutionId}`]),
    ...(roundId === undefined ? [] : [sql`discrepancy.round_id::text = ${roundId}`]),
    ...(before === undefined ? [] : [sql`discrepancy.id < ${before}::uuid`]),
  ];
  const { rows } = await selectDiscrepancies(
    sql`where ${sql.join(conditions, sql` and `)} order by discrepancy.id desc limit ${limit + 1}`,
  ).execute(db);
  return rows;
}

/** What a command looks at of the row. The row stays as it is until the transaction ends. */
export async function lockDiscrepancy(
  trx: Trx,
  id: string,
): Promise<{ status: DiscrepancyStatus; slipId: string | null; resolvedBy: string | null } | undefined> {
  return trx
    .selectFrom('discrepancy')
    .select(['status', 'slip_id as slipId', 'resolved_by as resolvedBy'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** The discrepancy of the kind about the subject that is not closed. */
export async function findOpenDiscrepancyId(
  db: Database,
  { kind, subjectType, subjectId }: { kind: DiscrepancyKind; subjectType: string; subjectId: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('discrepancy')
    .select('id')
    .where('kind', '=', kind)
    .where('subject_type', '=', subjectType)
    .where('subject_id', '=', subjectId)
    .where('status', '<>', 'closed')
    .executeTakeFirst();
  return row?.id;
}

export async function insertReported(
  trx: Trx,
  given: {
    id: string;
    kind: DiscrepancyKind;
    owner: { role: OwnerRole; institutionId: string };
    reported: ReportedDiscrepancy;
    note: string | null;
    openedBy: Actor;
    at: Date;
  },
): Promise<void> {
  const { id, kind, owner, reported, note, openedBy, at } = given;
  await trx
    .insertInto('discrepancy')
    .values({
      id,
      kind,
      subject_type: reported.subjectType,
      subject_id: reported.subjectId,
      status: 'open',
      institution_id: reported.institutionId,
      slip_id: reported.slipId,
      line_id: reported.lineId,
      round_id: reported.roundId,
      stop_id: reported.stopId,
      owner_role: owner.role,
      owner_institution_id: owner.institutionId,
      note,
      opened_by: JSON.stringify(openedBy),
      created_at: at,
    })
    .execute();
}

/** What a step changes of the row. */
export type DiscrepancyChange =
  | { status: 'acknowledged' }
  | { status: 'investigating'; note: string | null }
  | { status: 'resolved'; resolution: DiscrepancyResolution; note: string | null; personId: string; at: Date }
  | { status: 'closed'; personId: string; at: Date };

export async function changeDiscrepancy(trx: Trx, id: string, change: DiscrepancyChange): Promise<void> {
  const update = trx.updateTable('discrepancy').where('id', '=', id);
  switch (change.status) {
    case 'acknowledged':
      await update.set({ status: 'acknowledged' }).execute();
      return;
    case 'investigating':
      await update.set({ status: 'investigating', investigation: change.note }).execute();
      return;
    case 'resolved': {
      const { resolution, note, personId, at } = change;
      await update.set({ status: 'resolved', resolution, resolution_note: note, resolved_by: personId, resolved_at: at }).execute();
      return;
    }
    case 'closed':
      await update.set({ status: 'closed', closed_by: change.personId, closed_at: change.at }).execute();
  }
}
