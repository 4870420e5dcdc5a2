/** Recalls as they are read: with their loads, their holders and how many lines have ended. */
import { type RawBuilder, sql } from 'kysely';
import type { LineEnd, LineHolderType, PartHolder } from '../../domain/recall/holders.ts';
import type { RecallPolicy } from '../../domain/sterile-supply/vocabulary.ts';
import { type NamedPerson, type NamedPlace, namedInstitution, namedPerson } from '../directory/named-places.ts';
import type { Database } from '../kit/database.ts';
import { type PathwayParts, pathwayPartsOf } from '../sterile-supply/pathway-parts.ts';

export interface RecallHolderRow extends PartHolder {
  /** Its lines, open and ended. */
  packs: number;
  /** Null for a round. */
  institution: NamedPlace | null;
  toldAt: string;
  acknowledgedAt: string | null;
}

export interface RecallRecord {
  id: string;
  status: 'open' | 'closed';
  version: number;
  createdAt: Date;
  drill: boolean;
  policy: RecallPolicy;
  loadId: string | null;
  steriliserId: string;
  lowerLoadId: string | null;
  outOfServiceAt: Date | null;
  reason: string;
  cause: string | null;
  report: string | null;
  loadIds: string[];
  inScope: number;
  ended: number;
  holders: RecallHolderRow[];
  signatures: { role: 'headnurse' | 'infection'; personId: string; person: NamedPerson | null; signedAt: string }[];
  parts: PathwayParts;
}

/** Whose recalls: all, those of a centre that holds lines, those of the rounds of a person. */
export type RecallReach = { over: 'alliance' } | { over: 'centre'; institutionId: string } | { over: 'rounds'; personId: string };

const isHolderWithin = (reach: RecallReach, holder: { type: RawBuilder<unknown>; id: RawBuilder<unknown> }): RawBuilder<boolean> => {
  switch (reach.over) {
    case 'alliance':
      return sql<boolean>`true`;
    case 'centre':
      return sql<boolean>`${holder.type} = 'centre' and ${holder.id} = ${reach.institutionId}`;
    case 'rounds':
      return sql<boolean>`${holder.type} = 'round' and ${holder.id} in (
        select id::text from supply_round where driver_id = ${reach.personId} or courier_id = ${reach.personId})`;
  }
};

const isWithin = (reach: RecallReach): RawBuilder<boolean> =>
  reach.over === 'alliance'
    ? sql<boolean>`true`
    : sql<boolean>`exists (select from recall_holder as part where part.recall_id = recall.id
        and ${isHolderWithin(reach, { type: sql`part.holder_type`, id: sql`part.holder_id` })})`;

const columns = sql`
  recall.id, recall.status, recall.version, date_trunc('milliseconds', recall.created_at) as "createdAt", recall.drill, recall.policy,
  recall.load_id as "loadId", recall.steriliser_id as "steriliserId", recall.lower_load_id as "lowerLoadId",
  recall.out_of_service_at as "outOfServiceAt", recall.reason, recall.cause, recall.report,
  array(select load.id::text from recall_load join steriliser_load as load on load.id = recall_load.load_id
    where recall_load.recall_id = recall.id order by load.started_at, load.id) as "loadIds",
  (select count(*)::int from recall_line where recall_id = recall.id) as "inScope",
  (select count(*)::int from recall_line where recall_id = recall.id and state = 'ended') as ended,
  coalesce((select jsonb_agg(jsonb_build_object('type', part.holder_type, 'id', part.holder_id,
      'institution', ${namedInstitution(sql`part.holder_id`)}, 'toldAt', part.told_at,
      'acknowledgedAt', part.acknowledged_at, 'packs', (select count(*) from recall_line as line where line.recall_id = recall.id
        and line.holder_type = part.holder_type and line.holder_id = part.holder_id)) order by part.holder_type, part.holder_id)
    from recall_holder as part where part.recall_id = recall.id), '[]') as holders,
  coalesce((select jsonb_agg(jsonb_build_object('role', role, 'personId', person_id,
      'person', ${namedPerson(sql`person_id`)}, 'signedAt', signed_at) order by signed_at)
    from recall_signature where recall_id = recall.id), '[]') as signatures,
  ${pathwayPartsOf(sql`recall.id`)} as parts`;

export async function findRecall(db: Database, id: string, reach: RecallReach): Promise<RecallRecord | undefined> {
  const { rows } = await sql<RecallRecord>`
    select ${columns} from recall where recall.id = ${id}::uuid and ${isWithin(reach)}`.execute(db);
  return rows[0];
}

export interface RecallsQuestion {
  reach: RecallReach;
  status?: 'open' | 'closed' | undefined;
  steriliserId?: string | undefined;
  drill?: boolean | undefined;
  limit: number;
  before?: { createdAt: string; id: string } | undefined;
}

/** The newest first; one more than asked for says that there are more. */
export async function listRecalls(
  db: Database,
  { reach, status, steriliserId, drill, limit, before }: RecallsQuestion,
): Promise<RecallRecord[]> {
  const { rows } = await sql<RecallRecord>`
    select ${columns} from recall
    where ${isWithin(reach)}
      and (${status ?? null}::text is null or recall.status = ${status ?? null})
      and (${steriliserId ?? null}::text is null or recall.steriliser_id = ${steriliserId ?? null})
      and (${drill ?? null}::boolean is null or recall.drill = ${drill ?? null})
      and (${before?.id ?? null}::uuid is null
        or (date_trunc('milliseconds', recall.created_at), recall.id) < (${before?.createdAt ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    order by date_trunc('milliseconds', recall.created_at) desc, recall.id desc limit ${limit + 1}`.execute(db);
  return rows;
}

export interface RecallLineRecord {
  id: string;
  packId: string;
  holderType: LineHolderType;
  holderId: string;
  state: 'open' | 'ended';
  end: LineEnd | null;
  endedAt: Date | null;
}

export interface LinesQuestion {
  recallId: string;
  reach: RecallReach;
  holderType?: LineHolderType | undefined;
  holderId?: string | undefined;
  state?: 'open' | 'ended' | undefined;
  limit: number;
  after?: string | undefined;
}

/** In the order in which they were written; one more than asked for says that there are more. */
export async function listRecallLines(db: Database, question: LinesQuestion): Promise<RecallLineRecord[]> {
  const { recallId, reach, holderType, holderId, state, limit, after } = question;
  const { rows } = await sql<RecallLineRecord>`
    select id, pack_id as "packId", holder_type as "holderType", holder_id as "holderId", state, "end", ended_at as "endedAt"
    from recall_line as line
    where line.recall_id = ${recallId}::uuid and ${isHolderWithin(reach, { type: sql`line.holder_type`, id: sql`line.holder_id` })}
      and (${holderType ?? null}::text is null or line.holder_type = ${holderType ?? null})
      and (${holderId ?? null}::text is null or line.holder_id = ${holderId ?? null})
      and (${state ?? null}::text is null or line.state = ${state ?? null})
      and (${after ?? null}::uuid is null or line.id > ${after ?? null}::uuid)
    order by line.id limit ${limit + 1}`.execute(db);
  return rows;
}

/** The rounds of the recall whose driver or courier this is. */
export async function listOwnRounds(db: Database, personId: string, roundIds: readonly string[]): Promise<string[]> {
  if (roundIds.length === 0) return [];
  const rows = await db
    .selectFrom('supply_round')
    .select('id')
    .where('id', 'in', [...roundIds])
    .where((eb) => eb.or([eb('driver_id', '=', personId), eb('courier_id', '=', personId)]))
    .execute();
  return rows.map(({ id }) => id);
}
