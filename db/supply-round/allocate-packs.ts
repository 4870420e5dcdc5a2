/** Allocating: which released pack goes to which line of a round. It may be asked again for what was released since; what is allocated stays so. */
import { type RawBuilder, sql } from 'kysely';
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
import { appendLedger, type EntryOfItsOwn, insertLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';

interface OpenStop {
  institutionId: string;
  arriveAt: number;
  visitDays: number[];
  nextStopAt: number | null;
}

interface AllocationGround {
  stops: OpenStop[];
  /** The deliver lines of the round's slips that still need packs, in the order of the stops. */
  lines: Omit<DeliverLine, 'nextVisitOn'>[];
  /** Packs of the alliance that are on their way to the store, by set type: packed, in a load, or sterilised in a load that nobody has released. */
  notReleased: Record<string, number>;
}

/**
 * Four statements, however many packs, with the ledger, in which `entries` of the caller go before those about the packs. Whoever calls this has locked the
 * round. Resolves with how many packs it has allocated.
 */
export async function allocatePacks(act: Act, roundId: string, entries: readonly EntryOfItsOwn[] = []): Promise<number> {
  const { stops, lines: hungry, notReleased } = await loadAllocationGround(act, roundId);
  const lines = hungry.map((line): DeliverLine => {
    const stop = stops.find(({ institutionId }) => institutionId === line.institutionId);
    return { ...line, nextVisitOn: stop ? visitAfter(stop) : null };
  });
  const packs = stops.length === 0 ? [] : await lockCandidates(act, lines, stops);
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
    const at = Math.max(act.happenedAt.getTime(), arriveAt ?? 0);
    return ground ? reasonsAgainst(ground, { for: institutionId, at, print: null }, rules) : [];
  };
  const allocations = allocateFefo({
    packs,
    lines,
    institutionIds: stops.map(({ institutionId }) => institutionId),
    isDispensable: ({ id }, institutionId) => reasonsFor(id, institutionId).length === 0,
  });
  const recalled = packs.filter(({ id }) => reasonsFor(id, null).some(({ code }) => code === 'recalled'));
  const allocated = allocations.map(
    ({ packId, institutionId, lineId }): LedgerEntry => ({
      thing: { type: 'pack', id: packId },
      event: 'allocated',
      from: 'released',
      to: 'allocated',
      roundId,
      details: { institutionId, lineId },
    }),
  );
  const reasons = shortReasonsOf(lines, allocations, { recalled, notReleased });
  await writeAllocations(act, { allocations, reasons, entries: [...entries, ...allocated] });
  return allocations.length;
}

async function loadAllocationGround({ trx }: Act, roundId: string): Promise<AllocationGround> {
  const milliseconds = (instant: RawBuilder<unknown>) => sql`(extract(epoch from ${instant}) * 1000)::float8`;
  const { rows } = await sql<AllocationGround>`
    with open_stop as (
      select * from round_stop where round_id = ${roundId} and moved_to_round_id is null and status = 'scheduled'
    ), hungry as (
      select slip_line.id, slip.institution_id, slip_line.set_type_id, open_stop.arrive_at, slip.id as slip_id, slip_line.position,
        (slip_line.declared - (select count(*) from pack where slip_line_id = slip_line.id
          and pack.status in ('allocated', 'on-vehicle', 'at-centre', 'opened')))::int as need
      from exchange_slip as slip join open_stop on open_stop.id = slip.stop_id join slip_line on slip_line.slip_id = slip.id
      where slip.round_id = ${roundId} and slip.status = 'frozen' and direction = 'deliver'
    )
    select
      coalesce((select jsonb_agg(jsonb_build_object('institutionId', stop.institution_id, 'arriveAt', ${milliseconds(sql`stop.arrive_at`)},
          'visitDays', coalesce(supply_centre.visit_days, '{}'),
          'nextStopAt', (select ${milliseconds(sql`min(later.arrive_at)`)} from round_stop as later join supply_round on supply_round.id = later.round_id
            where later.institution_id = stop.institution_id and later.arrive_at > stop.arrive_at and later.status = 'scheduled'
              and later.moved_to_round_id is null and supply_round.status not in ('closed', 'cancelled') and later.id <> stop.id)))
        from open_stop as stop left join supply_centre on supply_centre.institution_id = stop.institution_id), '[]') as stops,
      coalesce((select jsonb_agg(jsonb_build_object('id', id, 'institutionId', institution_id, 'setTypeId', set_type_id, 'need', need)
          order by arrive_at, slip_id, position) from hungry where need > 0), '[]') as lines,
      coalesce((select jsonb_object_agg(set_type_id, packs) from (
          select set_type_id, count(*) as packs from pack
          where set_type_id in (select set_type_id from hungry where need > 0) and owner_institution_id is null
            and status in ('assembled', 'checked', 'in-load', 'sterilised')
          group by set_type_id) as upcoming), '{}') as "notReleased"`.execute(trx);
  const [ground] = rows;
  if (!ground) throw new Error('A statement without a table gives a row.');
  return ground;
}

/** The centre's visit after this one. */
const visitAfter = ({ arriveAt, nextStopAt, visitDays }: OpenStop): string | null =>
  nextVisitOn({ plannedStopOn: nextStopAt === null ? null : localDateOf(nextStopAt), visitDays }, addDays(localDateOf(arriveAt), 1));

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

/** A line that is still short says why; one that is full says nothing. */
function shortReasonsOf(
  lines: readonly DeliverLine[],
  allocations: readonly Allocation[],
  { recalled, notReleased }: { recalled: readonly AllocatablePack[]; notReleased: AllocationGround['notReleased'] },
) {
  const isShort = (line: DeliverLine): boolean => allocations.filter(({ lineId }) => lineId === line.id).length < line.need;
  return lines.map((line) => ({
    lineId: line.id,
    reason: isShort(line)
      ? shortReasonOf({
          recalled: recalled.filter(({ setTypeId }) => setTypeId === line.setTypeId).length,
          notReleased: notReleased[line.setTypeId] ?? 0,
        })
      : null,
  }));
}

interface AllocationsToWrite {
  allocations: readonly Allocation[];
  reasons: readonly { lineId: string; reason: string | null }[];
  entries: readonly EntryOfItsOwn[];
}

/** One statement with the ledger, none where nobody needs anything and nothing is told. */
async function writeAllocations(act: Act, { allocations, reasons, entries }: AllocationsToWrite): Promise<void> {
  if (allocations.length === 0 && reasons.length === 0) return appendLedger(act, entries);
  await sql`
    with explained as (
      update slip_line set short_reason = given ->> 'reason'
      from jsonb_array_elements(${JSON.stringify(reasons)}::jsonb) as given
      where slip_line.id = (given ->> 'lineId')::uuid
    ), entry as (${insertLedger(act, entries)})
    update pack set status = 'allocated', status_since = ${act.happenedAt}, slip_line_id = (given ->> 'lineId')::uuid,
      allocated_institution_id = given ->> 'institutionId'
    from jsonb_array_elements(${JSON.stringify(allocations)}::jsonb) as given
    where pack.id = given ->> 'packId'`.execute(act.trx);
}
