/** Slips as they are read: each with its lines, what was counted, allocated and delivered, and what is disputed. */
import { type RawBuilder, sql } from 'kysely';
import type { SupplySight } from '../../domain/sterile-supply/sight.ts';
import type { SlipStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { type NamedPlace, namedInstitution } from '../directory/named-places.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { type PathwayParts, pathwayPartsOf } from '../sterile-supply/pathway-parts.ts';
import type { SlipLineTable } from './tables.ts';

export interface SlipLineRecord {
  id: string;
  direction: 'collect' | 'deliver';
  setTypeId: string;
  declared: number;
  setInstanceIds: string[];
  /** The sets that were counted, where they were told by their codes. */
  receivedSetInstanceIds: string[];
  special: SlipLineTable['special'];
  courierCount: number | null;
  received: number | null;
  incomplete: number | null;
  damaged: number | null;
  missing: number | null;
  extra: number | null;
  suspect: SlipLineTable['suspect'];
  allocated: number;
  delivered: number | null;
  outcome: SlipLineTable['outcome'];
  shortReason: SlipLineTable['short_reason'];
  discrepancyIds: string[];
}

export interface SlipRecord {
  id: string;
  institutionId: string;
  institution: NamedPlace;
  roundId: string | null;
  stopId: string | null;
  status: SlipStatus;
  version: number;
  createdAt: Date;
  overrideReason: string | null;
  cancelReason: string | null;
  countedBy: string | null;
  /** The stop's soiled goods are aboard. */
  stowed: boolean;
  lines: SlipLineRecord[];
  parts: PathwayParts;
}

export interface SlipFilter {
  status?: SlipStatus | undefined;
  institutionId?: string | undefined;
  roundId?: string | undefined;
}

const selectSlips = (where: RawBuilder<unknown>) => sql<SlipRecord>`
  select slip.id, slip.institution_id as "institutionId", ${namedInstitution(sql`slip.institution_id`)} as institution, slip.round_id as "roundId", slip.stop_id as "stopId", slip.status, slip.version,
    slip.created_at as "createdAt", slip.override_reason as "overrideReason", slip.cancel_reason as "cancelReason", slip.counted_by as "countedBy",
    slip.picked_up_at is not null or exists (select from stop_step where stop_step.stop_id = slip.stop_id and step = 'soiled-stowed') as stowed,
    coalesce((
      select jsonb_agg(jsonb_build_object('id', line.id, 'direction', line.direction, 'setTypeId', line.set_type_id, 'declared', line.declared,
        'setInstanceIds', line.set_instance_ids, 'receivedSetInstanceIds', line.received_set_instance_ids, 'special', line.special, 'courierCount', line.courier_count, 'received', line.received,
        'incomplete', line.incomplete, 'damaged', line.damaged, 'missing', line.missing, 'extra', line.extra, 'suspect', line.suspect,
        'allocated', (select count(*) from pack where pack.slip_line_id = line.id), 'delivered', line.delivered, 'outcome', line.outcome,
        'shortReason', case when line.outcome = 'short' then line.short_reason end,
        'discrepancyIds', (select coalesce(jsonb_agg(discrepancy.id order by discrepancy.id), '[]') from discrepancy where discrepancy.line_id = line.id)
      ) order by line.position)
      from slip_line as line where line.slip_id = slip.id
    ), '[]') as lines, ${pathwayPartsOf(sql`slip.id`)} as parts
  from exchange_slip as slip ${where}`;

function seenBy(sight: SupplySight): RawBuilder<unknown> {
  switch (sight.over) {
    case 'alliance':
      return sql`true`;
    case 'centre':
      return sql`slip.institution_id = ${sight.institutionId}`;
    case 'rounds':
      return sql`slip.round_id in (select id from supply_round where ${sight.personId} in (driver_id, courier_id))`;
    case 'nothing':
      return sql`false`;
  }
}

/** `sight` is left out by whoever has decided already that the slip may be shown. */
export async function findSlip(db: Database, id: string, sight: SupplySight = { over: 'alliance' }): Promise<SlipRecord | undefined> {
  const { rows } = await selectSlips(sql`where slip.id = ${id} and ${seenBy(sight)}`).execute(db);
  return rows[0];
}

/** The same, and its row stays as it is until the transaction ends. */
export async function lockSlip(trx: Trx, id: string): Promise<SlipRecord | undefined> {
  const { rows } = await selectSlips(sql`where slip.id = ${id} for update of slip`).execute(trx);
  return rows[0];
}

/** Newest first. One more than `limit` when there are more. */
export async function listSlips(
  db: Database,
  { sight, status, institutionId, roundId }: SlipFilter & { sight: SupplySight },
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<SlipRecord[]> {
  const conditions = [
    seenBy(sight),
    ...(status === undefined ? [] : [sql`slip.status = ${status}`]),
    ...(institutionId === undefined ? [] : [sql`slip.institution_id = ${institutionId}`]),
    ...(roundId === undefined ? [] : [sql`slip.round_id::text = ${roundId}`]),
    ...(before === undefined ? [] : [sql`slip.id < ${before}::uuid`]),
  ];
  const { rows } = await selectSlips(sql`where ${sql.join(conditions, sql` and `)} order by slip.id desc limit ${limit + 1}`).execute(db);
  return rows;
}
