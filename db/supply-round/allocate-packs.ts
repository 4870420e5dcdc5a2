/** Allocating: which released pack goes to which line of a round. It may be asked again for what was released since; what is allocated stays so. */
import { sql } from 'kysely';
import { reasonsAgainst } from '../../domain/sterile-supply/dispensable.ts';
import { nextVisitOn } from '../../domain/sterile-supply/next-visit.ts';
import {
  type AllocatablePack,
  type Allocation,
  allocateFefo,
  type DeliverLine,
  shortReasonOf,
} from '../../domain/supply-round/allocate.ts';
import { addDays, localDateOf } from '../../domain/time/local-date.ts';
import type { Act } from '../sterile-supply/act.ts';
import { loadDispensableGround } from '../sterile-supply/dispensable.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';

interface OpenStop {
  institutionId: string;
  arriveAt: Date;
  visitDays: number[];
  nextStopAt: Date | null;
}

/** Nine statements at most, however many packs. Whoever calls this has locked the round. Resolves with how many packs it has allocated. */
export async function allocatePacks(act: Act, roundId: string): Promise<number> {
  const stops = await findOpenStops(act, roundId);
  if (stops.length === 0) return 0;
  const lines = await findHungryLines(act, roundId, stops);
  const packs = await lockCandidates(act, lines, stops);
  const arrivals = new Map(stops.map(({ institutionId, arriveAt }) => [institutionId, arriveAt]));
  const grounds = await loadDispensableGround(
    act.trx,
    packs.map(({ id }) => id),
  );
  const rules = loadNormRules(localDateOf(act.happenedAt.getTime()));
  const reasonsFor = (packId: string, institutionId: string | null) => {
    const ground = grounds.get(packId);
    const arriveAt = institutionId === null ? undefined : arrivals.get(institutionId);
    // A pack has to be good when it arrives; of a round that is confirmed late, also now, by which the table judges.
    const at = Math.max(act.happenedAt.getTime(), arriveAt?.getTime() ?? 0);
    return ground ? reasonsAgainst(ground, { for: institutionId, at, print: null }, rules) : [];
  };
  const allocations = allocateFefo({
    packs,
    lines,
    institutionIds: stops.map(({ institutionId }) => institutionId),
    isDispensable: ({ id }, institutionId) => reasonsFor(id, institutionId).length === 0,
  });
  await writeAllocations(act, roundId, allocations);
  const recalled = packs.filter(({ id }) => reasonsFor(id, null).some(({ code }) => code === 'recalled'));
  await writeShortReasons(act, lines, allocations, recalled);
  return allocations.length;
}

async function findOpenStops({ trx }: Act, roundId: string): Promise<OpenStop[]> {
  const { rows } = await sql<OpenStop>`
    select stop.institution_id as "institutionId", stop.arrive_at as "arriveAt", coalesce(supply_centre.visit_days, '{}') as "visitDays",
      (select min(later.arrive_at) from round_stop as later join supply_round on supply_round.id = later.round_id
        where later.institution_id = stop.institution_id and later.arrive_at > stop.arrive_at and later.status = 'scheduled'
          and later.moved_to_round_id is null and supply_round.status not in ('closed', 'cancelled') and later.id <> stop.id) as "nextStopAt"
    from round_stop as stop left join supply_centre on supply_centre.institution_id = stop.institution_id
    where stop.round_id = ${roundId} and stop.moved_to_round_id is null and stop.status = 'scheduled'`.execute(trx);
  return rows;
}

/** The centre's visit after this one. */
const visitAfter = ({ arriveAt, nextStopAt, visitDays }: OpenStop): string | null =>
  nextVisitOn({ plannedStopOn: nextStopAt && localDateOf(nextStopAt.getTime()), visitDays }, addDays(localDateOf(arriveAt.getTime()), 1));

/** The deliver lines of the round's slips that still need packs, in the order of the stops. */
async function findHungryLines({ trx }: Act, roundId: string, stops: readonly OpenStop[]): Promise<DeliverLine[]> {
  const { rows } = await sql<Omit<DeliverLine, 'nextVisitOn'>>`
    select slip_line.id, exchange_slip.institution_id as "institutionId", slip_line.set_type_id as "setTypeId",
      (slip_line.declared - (select count(*) from pack where slip_line_id = slip_line.id
        and pack.status in ('allocated', 'on-vehicle', 'at-centre', 'opened')))::int as need
    from exchange_slip join slip_line on slip_line.slip_id = exchange_slip.id join round_stop on round_stop.id = exchange_slip.stop_id
    where exchange_slip.round_id = ${roundId} and exchange_slip.status = 'frozen' and direction = 'deliver'
      and round_stop.status = 'scheduled' and round_stop.moved_to_round_id is null
    order by round_stop.arrive_at, exchange_slip.id, slip_line.position`.execute(trx);
  return rows
    .filter(({ need }) => need > 0)
    .map((line) => {
      const stop = stops.find(({ institutionId }) => institutionId === line.institutionId);
      return { ...line, nextVisitOn: stop ? visitAfter(stop) : null };
    });
}

/** Locked in the order of their ids: of two rounds that are confirmed at once the second sees what the first has left. */
async function lockCandidates({ trx }: Act, lines: readonly DeliverLine[], stops: readonly OpenStop[]): Promise<AllocatablePack[]> {
  const setTypeIds = [...new Set(lines.map(({ setTypeId }) => setTypeId))];
  const institutionIds = stops.map(({ institutionId }) => institutionId);
  const { rows } = await sql<AllocatablePack>`
    select pack.id, pack.set_type_id as "setTypeId", pack.owner_institution_id as "ownerInstitutionId", pack.expires_on as "expiresOn",
      coalesce(extract(epoch from steriliser_load.released_at) * 1000, 0)::float8 as "releasedAt"
    from pack left join steriliser_load on steriliser_load.id = pack.load_id
    where pack.status = 'released' and pack.expires_on is not null
      and (pack.owner_institution_id is null and pack.set_type_id = any(${setTypeIds}::text[])
        or pack.owner_institution_id = any(${institutionIds}::text[]))
    order by pack.id for update of pack`.execute(trx);
  return rows;
}

async function writeAllocations(act: Act, roundId: string, allocations: readonly Allocation[]): Promise<void> {
  if (allocations.length === 0) return;
  await sql`
    update pack set status = 'allocated', status_since = ${act.happenedAt}, slip_line_id = (given ->> 'lineId')::uuid,
      allocated_institution_id = given ->> 'institutionId'
    from jsonb_array_elements(${JSON.stringify(allocations)}::jsonb) as given
    where pack.id = given ->> 'packId'`.execute(act.trx);
  await appendLedger(
    act,
    allocations.map(({ packId, institutionId, lineId }) => ({
      thing: { type: 'pack', id: packId },
      event: 'allocated',
      from: 'released',
      to: 'allocated',
      roundId,
      details: { institutionId, lineId },
    })),
  );
}

/** A line that is still short says why; one that is full says nothing. */
async function writeShortReasons(
  { trx }: Act,
  lines: readonly DeliverLine[],
  allocations: readonly Allocation[],
  recalled: readonly AllocatablePack[],
): Promise<void> {
  if (lines.length === 0) return;
  const isShort = (line: DeliverLine): boolean => allocations.filter(({ lineId }) => lineId === line.id).length < line.need;
  const shortTypes = [...new Set(lines.filter(isShort).map(({ setTypeId }) => setTypeId))];
  const notReleased = shortTypes.length === 0 ? new Map<string, number>() : await countNotReleased(trx, shortTypes);
  const reasons = lines.map((line) => ({
    lineId: line.id,
    reason: isShort(line)
      ? shortReasonOf({
          recalled: recalled.filter(({ setTypeId }) => setTypeId === line.setTypeId).length,
          notReleased: notReleased.get(line.setTypeId) ?? 0,
        })
      : null,
  }));
  await sql`
    update slip_line set short_reason = given ->> 'reason'
    from jsonb_array_elements(${JSON.stringify(reasons)}::jsonb) as given
    where slip_line.id = (given ->> 'lineId')::uuid`.execute(trx);
}

/** Packs that are on their way to the store: packed, in a load, or sterilised in a load that nobody has released. */
async function countNotReleased(trx: Act['trx'], setTypeIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ setTypeId: string; packs: number }>`
    select set_type_id as "setTypeId", count(*)::int as packs from pack
    where set_type_id = any(${setTypeIds}::text[]) and owner_institution_id is null
      and status in ('assembled', 'checked', 'in-load', 'sterilised')
    group by set_type_id`.execute(trx);
  return new Map(rows.map(({ setTypeId, packs }) => [setTypeId, packs]));
}
