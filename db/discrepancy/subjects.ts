/** What somebody reports a discrepancy about: whether it is there, and which centre, slip or round it concerns. */
import { sql } from 'kysely';
import type { ReportedDiscrepancy } from '../../domain/discrepancy/events.ts';
import type { SubjectType } from '../../domain/discrepancy/owner.ts';
import type { Database } from '../kit/database.ts';
import { findPacks, findThings, type ThingTable } from '../sterile-supply/find-things.ts';

/** Types that have a printed code. */
const things: Partial<Record<SubjectType, ThingTable>> = {
  'set-instance': 'set_instance',
  'transport-box': 'transport_box',
  vehicle: 'vehicle',
  washer: 'washer',
  steriliser: 'steriliser',
  load: 'steriliser_load',
};

/** Types whose rows have an id only. */
const rows: Partial<Record<SubjectType, string>> = {
  'load-indicator': 'load_indicator',
  centre: 'institution',
  round: 'supply_round',
  consignment: 'consignment',
  device: 'scan_device',
};

const nowhere = { institutionId: null, slipId: null, lineId: null, roundId: null, stopId: null };

/** Undefined for a subject that does not exist. A code may be of nothing: that is what is reported of it. */
export async function findSubject(db: Database, type: SubjectType, idOrCode: string): Promise<ReportedDiscrepancy | undefined> {
  const found = (id: string, concerned: Partial<ReportedDiscrepancy> = {}): ReportedDiscrepancy => ({
    ...nowhere,
    subjectType: type,
    subjectId: id,
    ...concerned,
  });
  switch (type) {
    case 'code':
      return found(idOrCode);
    case 'pack': {
      const pack = (await findPacks(db, [idOrCode])).get(idOrCode);
      return pack && found(pack.id, { institutionId: await findHoldingCentre(db, 'pack', pack.id) });
    }
    case 'stop':
    case 'slip':
    case 'slip-line': {
      const concerned = await findConcerned(db, type, idOrCode);
      return concerned && found(idOrCode, concerned);
    }
    default:
      return findThing(db, type, idOrCode).then(async (id) =>
        id === undefined
          ? undefined
          : found(id, {
              institutionId: type === 'centre' ? id : await findHoldingCentre(db, type, id),
              roundId: type === 'round' ? id : null,
            }),
      );
  }
}

async function findThing(db: Database, type: SubjectType, idOrCode: string): Promise<string | undefined> {
  const table = things[type];
  if (table) return (await findThings(db, table, [idOrCode])).get(idOrCode);
  const plain = rows[type];
  if (plain === undefined) return undefined;
  const found = await sql<{ id: string }>`select id::text as id from ${sql.table(plain)} where id::text = ${idOrCode}`.execute(db);
  return found.rows[0]?.id;
}

/** The centre at which a thing lies; null: it lies somewhere else, or nobody knows. */
async function findHoldingCentre(db: Database, type: SubjectType, id: string): Promise<string | null> {
  const row = await db
    .selectFrom('custody')
    .select('holder_id')
    .where('thing_type', '=', type)
    .where('thing_id', '=', id)
    .where('until', 'is', null)
    .where('holder_type', '=', 'centre')
    .executeTakeFirst();
  return row?.holder_id ?? null;
}

async function findConcerned(
  db: Database,
  type: 'stop' | 'slip' | 'slip-line',
  id: string,
): Promise<Pick<ReportedDiscrepancy, 'institutionId' | 'slipId' | 'lineId' | 'roundId' | 'stopId'> | undefined> {
  const queries = {
    stop: sql`select institution_id, null::uuid as slip_id, null::uuid as line_id, round_id, id as stop_id from round_stop where id::text = ${id}`,
    slip: sql`select institution_id, id as slip_id, null::uuid as line_id, round_id, stop_id from exchange_slip where id::text = ${id}`,
    'slip-line': sql`
      select institution_id, slip.id as slip_id, slip_line.id as line_id, round_id, stop_id
      from slip_line join exchange_slip as slip on slip.id = slip_id where slip_line.id::text = ${id}`,
  };
  const { rows: found } = await sql<Pick<ReportedDiscrepancy, 'institutionId' | 'slipId' | 'lineId' | 'roundId' | 'stopId'>>`
    select institution_id as "institutionId", slip_id as "slipId", line_id as "lineId", round_id as "roundId", stop_id as "stopId"
    from (${queries[type]}) as concerned`.execute(db);
  return found[0];
}
