/** Settling slips: what became of each deliver line, what of it joins the next slip, and whether the slip is over. */
import { sql } from 'kysely';
import { type DeliverLine, type DeliverOutcome, type MeantPack, outcomesOf } from '../../domain/exchange-slip/outcomes.ts';
import type { SlipStatus, StopStep } from '../../domain/sterile-supply/vocabulary.ts';
import type { PathwayFactToPublish } from '../kit/pathway-facts.ts';
import type { Act } from '../sterile-supply/act.ts';
import { insertRests } from './rests.ts';
import { publishSlipFacts, slipFact } from './slip-facts.ts';

/** A deliver line with the outcome that is written already. */
interface SettledLine extends DeliverLine {
  delivered: number | null;
  outcome: string | null;
}

interface SlipToSettle {
  id: string;
  institutionId: string;
  status: SlipStatus;
  stopStatus: StopStep | 'scheduled' | 'failed' | null;
  deliverLines: SettledLine[];
  packs: MeantPack[];
  collects: number;
  uncounted: number;
  openDiscrepancies: number;
}

/** From these statuses of a stop on it is known what the centre has taken. */
const deliveredFrom: readonly SlipToSettle['stopStatus'][] = ['checked', 'signed', 'left', 'failed'];

/**
 * Writes the outcomes that are known by now, and closes the slips of which everything is known and no discrepancy is open. The rest of a short line joins
 * the centre's open slip, or the next that it writes. May be called as often as something has changed. Returns the ids of what was closed. Two
 * statements at most.
 */
export async function settleSlips(act: Act, slipIds: readonly string[]): Promise<string[]> {
  const { closedIds, facts } = await settle(act, slipIds);
  await publishSlipFacts(act, facts);
  return closedIds;
}

/** The same for an act that has more to tell the pathways: it publishes the facts itself. */
export async function settle(act: Act, slipIds: readonly string[]): Promise<{ closedIds: string[]; facts: PathwayFactToPublish[] }> {
  const slips = slipIds.length === 0 ? [] : await lockSlips(act, slipIds);
  const outcomes = slips.flatMap(outcomesOfSlip);
  const closed = slips.filter(isOver);
  const closedIds = closed.map(({ id }) => id);
  const slipIdsOfRests = outcomes.some(({ outcome }) => outcome === 'short') ? slips.map(({ id }) => id) : [];
  if (outcomes.length > 0 || closed.length > 0) await writeOutcomes(act, { outcomes, closedIds, slipIdsOfRests });
  return { closedIds, facts: closed.map((slip) => slipFact(act, slip, 'slip-closed')) };
}

/** What has changed since it was settled last. */
function outcomesOfSlip({ stopStatus, deliverLines, packs }: SlipToSettle): DeliverOutcome[] {
  if (!deliveredFrom.includes(stopStatus)) return [];
  return outcomesOf(deliverLines, packs, { failed: stopStatus === 'failed' }).filter(({ id, delivered, outcome, shortReason }) => {
    const before = deliverLines.find((line) => line.id === id);
    return before?.delivered !== delivered || before.outcome !== outcome || before.shortReason !== shortReason;
  });
}

function isOver({ status, stopStatus, deliverLines, collects, uncounted, openDiscrepancies }: SlipToSettle): boolean {
  const isCounted = status === 'counted' || status === 'disputed' || collects === 0;
  const deliveriesKnown = deliverLines.length === 0 || deliveredFrom.includes(stopStatus);
  const visited = collects > 0 || deliveredFrom.includes(stopStatus);
  return isCounted && uncounted === 0 && deliveriesKnown && visited && openDiscrepancies === 0;
}

/** Slips that have left the centre's hands and are not over, in the order of ids. */
async function lockSlips({ trx }: Act, slipIds: readonly string[]): Promise<SlipToSettle[]> {
  const { rows } = await sql<SlipToSettle>`
    select slip.id, slip.institution_id as "institutionId", slip.status, stop.status as "stopStatus",
      coalesce(lines.deliver, '[]') as "deliverLines", coalesce(lines.collects, 0) as collects, coalesce(lines.uncounted, 0) as uncounted,
      coalesce(meant.packs, '[]') as packs,
      (select count(*)::int from discrepancy where discrepancy.slip_id = slip.id and discrepancy.status <> 'closed') as "openDiscrepancies"
    from exchange_slip as slip
      left join round_stop as stop on stop.id = slip.stop_id
      left join lateral (
        select count(*) filter (where direction = 'collect' and declared > 0)::int as collects,
          count(*) filter (where direction = 'collect' and received is null)::int as uncounted,
          jsonb_agg(jsonb_build_object('id', id, 'setTypeId', set_type_id, 'declared', declared, 'shortReason', short_reason, 'delivered', delivered,
          'outcome', outcome) order by position)
            filter (where direction = 'deliver') as deliver
        from slip_line where slip_id = slip.id
      ) as lines on true
      left join lateral (
        select jsonb_agg(jsonb_build_object('id', pack.id, 'setTypeId', pack.set_type_id, 'lineId', own.id, 'handed', handed.yes,
          'rejected', coalesce(pack.reject_reason = 'rejected-at-delivery', false),
          'recalled', exists (select from recall_line join recall on recall.id = recall_line.recall_id where recall_line.pack_id = pack.id and not recall.drill)
        ) order by pack.id) as packs
        from (
            select pack.id from pack join slip_line on slip_line.id = pack.slip_line_id where slip_line.slip_id = slip.id
            union select thing_id from supply_event where stop_id = slip.stop_id and event = 'sterile-handed' and thing_type = 'pack'
          ) as concerned
          join pack on pack.id = concerned.id
          left join slip_line as own on own.id = pack.slip_line_id and own.slip_id = slip.id
          cross join lateral (select exists (
            select from supply_event where stop_id = slip.stop_id and event = 'sterile-handed' and thing_type = 'pack' and thing_id = pack.id) as yes) as handed
        where own.id is not null or pack.slip_line_id is null
      ) as meant on slip.stop_id is not null
    where slip.id = any(${[...slipIds]}::uuid[]) and slip.status in ('frozen', 'picked-up', 'counted', 'disputed')
    order by slip.id for update of slip`.execute(trx);
  return rows;
}

async function writeOutcomes(
  { trx, recordedAt }: Act,
  {
    outcomes,
    closedIds,
    slipIdsOfRests,
  }: { outcomes: readonly DeliverOutcome[]; closedIds: readonly string[]; slipIdsOfRests: readonly string[] },
): Promise<void> {
  await sql`
    with closed as (
      update exchange_slip set status = 'closed', closed_at = ${recordedAt} where id = any(${[...closedIds]}::uuid[])
    ), ${insertRests(slipIdsOfRests, outcomes)}
    update slip_line set delivered = (row ->> 'delivered')::int, outcome = row ->> 'outcome', short_reason = row ->> 'shortReason'
    from jsonb_array_elements(${JSON.stringify(outcomes)}::jsonb) as row where slip_line.id = (row ->> 'id')::uuid`.execute(trx);
}
