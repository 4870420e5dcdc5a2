/** What a slip declared goes aboard: soiled-stowed of its stop. */
import { sql } from 'kysely';
import type { SlipStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { type Act, refuseField } from '../sterile-supply/act.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';
import { publishSlipFacts, slipFact } from './slip-facts.ts';

export interface PickUp {
  stopId: string;
  /** What the courier counted, where the centre's mode asks for it. */
  courierCounts?: readonly { lineId: string; quantity: number }[] | undefined;
  /** The sealed units in which the sets lie. */
  consignments?: readonly { sealNumber: string }[] | undefined;
}

interface StowedSlip {
  id: string;
  institutionId: string;
  roundId: string;
  status: SlipStatus;
  lineIds: string[];
}

interface StowedSet {
  id: string;
  from: string;
  to: string;
}

const WORDS = { zh: '不是该站点换物单的回收行', en: 'no collect line of the slips of this stop' };

/**
 * Slips become picked-up, the used sets that they declare go aboard. A slip that was counted already, because the goods came before the scan, keeps its
 * status. Throws `invalid-request` for a count of another stop's line. Returns what the ledger says of the sets: whoever calls this appends it. Three
 * statements.
 */
export async function pickUpSlips(act: Act, { stopId, courierCounts = [], consignments = [] }: PickUp): Promise<LedgerEntry[]> {
  const slips = await lockSlipsOfStop(act, stopId);
  courierCounts.forEach(({ lineId }, index) => {
    if (!slips.some(({ lineIds }) => lineIds.includes(lineId))) throw refuseField(`courierCounts.${index}.lineId`, WORDS);
  });
  if (slips.length === 0) return [];
  const sets = await stow(act, { slipIds: slips.map(({ id }) => id), courierCounts });
  const told = slips.filter(({ status }) => status === 'frozen');
  await publishSlipFacts(
    act,
    told.map((slip) => slipFact(act, slip, 'slip-picked-up', { stowedAt: act.happenedAt.getTime() })),
  );
  const [{ institutionId, roundId }] = slips as [StowedSlip];
  return sets.map(({ id, from, to }) => ({
    thing: { type: 'set-instance', id },
    event: 'soiled-stowed',
    from,
    to,
    holder: { type: 'round', id: roundId },
    institutionId,
    roundId,
    stopId,
    details: { seals: consignments.map(({ sealNumber }) => sealNumber) },
  }));
}

async function lockSlipsOfStop({ trx }: Act, stopId: string): Promise<StowedSlip[]> {
  const { rows } = await sql<StowedSlip>`
    select id, institution_id as "institutionId", round_id as "roundId", status,
      array(select slip_line.id::text from slip_line where slip_line.slip_id = exchange_slip.id and direction = 'collect') as "lineIds"
    from exchange_slip
    where stop_id = ${stopId} and status in ('frozen', 'counted', 'disputed', 'closed') and picked_up_at is null
    order by id for update`.execute(trx);
  return rows;
}

/**
 * Sets that a line names are stowed; of a line that names none, the used sets of its type that lie at the centre, if there are no more of them than the
 * line declares: then it is known which they are. An older scan changes no status that was observed later, and neither does an act that is told after
 * the count; an act on a slip that is waiting for it is judged by what is known now.
 */
async function stow(
  { trx, happenedAt, scanId }: Act,
  { slipIds, courierCounts }: { slipIds: readonly string[]; courierCounts: readonly { lineId: string; quantity: number }[] },
): Promise<StowedSet[]> {
  const { rows } = await sql<StowedSet>`
    with collected as (
      select slip_line.*, slip.institution_id, slip.status = 'frozen' as awaited from slip_line join exchange_slip as slip on slip.id = slip_line.slip_id
      where slip_line.slip_id = any(${[...slipIds]}::uuid[]) and direction = 'collect' and declared > 0
    ), lying as (
      select set_instance.id, collected.awaited, collected.declared,
        count(*) over (partition by collected.id) as many
      from collected
        join set_instance on set_instance.set_type_id = collected.set_type_id and set_instance.status = 'used' and set_instance.ownership <> 'centre-owned'
        join custody on thing_type = 'set-instance' and thing_id = set_instance.id and until is null
          and holder_type = 'centre' and holder_id = collected.institution_id
      where cardinality(collected.set_instance_ids) = 0
    ), stowed as (
      select id, bool_or(awaited) as awaited from (
        select unnest(set_instance_ids) as id, awaited from collected union all select id, awaited from lying where many <= declared
      ) as one group by id
    ), before as (
      select set_instance.id, set_instance.status, set_instance.status_since, stowed.awaited from set_instance join stowed on stowed.id = set_instance.id
      order by set_instance.id for update of set_instance
    ), moved as (
      update set_instance set status = 'in-transit-soiled', status_since = ${happenedAt}
      from before where set_instance.id = before.id and before.status in ('used', 'missing')
        and ((${scanId}::uuid is null and before.awaited) or before.status_since <= ${happenedAt})
      returning set_instance.id
    ), counted as (
      update slip_line set courier_count = (row ->> 'quantity')::int
      from jsonb_array_elements(${JSON.stringify(courierCounts)}::jsonb) as row where slip_line.id = (row ->> 'lineId')::uuid
    ), picked_up as (
      update exchange_slip set picked_up_at = ${happenedAt}, status = case status when 'frozen' then 'picked-up' else status end
      where id = any(${[...slipIds]}::uuid[])
    )
    select before.id, before.status as "from", case when moved.id is null then before.status else 'in-transit-soiled' end as "to"
    from before left join moved on moved.id = before.id`.execute(trx);
  return rows;
}
