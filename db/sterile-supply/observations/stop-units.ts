/** The sealed units of soiled goods that scans say were stowed, and with them what the slips of the stop declare. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { pickUpSlips } from '../../exchange-slip/pick-up.ts';
import type { Act } from '../act.ts';
import { getSupplyDepartment } from '../department.ts';
import { findThings } from '../find-things.ts';
import { appendLedger, type EntryOfItsOwn } from '../ledger.ts';
import type { Problem } from './findings.ts';
import { ownOf } from './pack-scans.ts';
import type { StepScan } from './step-scans.ts';

interface Unit {
  scan: StepScan;
  id: string;
  sealNumber: string;
  boxId: string;
  intact: boolean;
  special: string | null;
  packIds: string[];
}

/** The sealed units of soiled goods go aboard, and with them what the slips of the stop declare. */
export async function stowUnits(act: Act, scans: readonly StepScan[]): Promise<Problem[]> {
  const stowing = scans.filter(({ type }) => type === 'soiled-stowed');
  if (stowing.length === 0) return [];
  const named = stowing.flatMap((scan) => scan.body.consignments.map((unit) => ({ scan, ...unit })));
  const boxes = await findThings(act.trx, 'transport_box', [...new Set(named.map(({ boxId }) => boxId))]);
  const units = named.flatMap(({ scan, boxId, special, packIds: codes, ...unit }): Unit[] => {
    const box = boxes.get(boxId);
    const packIds = scan.mentions.flatMap(({ code, thing }) => (thing?.type === 'pack' && codes.includes(code) ? [thing.id] : []));
    return box === undefined ? [] : [{ scan, ...unit, id: uuid(), boxId: box, special: special ?? null, packIds }];
  });
  const stowed = await insertUnits(act, units);
  await appendLedger(
    act,
    units.map(({ scan, boxId, sealNumber }) => ({
      thing: { type: 'transport-box' as const, id: boxId },
      event: 'soiled-stowed',
      holder: { type: 'round' as const, id: scan.stop.roundId },
      institutionId: scan.institutionId,
      roundId: scan.stop.roundId,
      stopId: scan.stop.id,
      details: { sealNumber },
      ...ownOf(scan, act.recordedAt),
    })),
  );
  await appendLedger(act, await entriesOfHandedOver(act, units, stowed));
  for (const scan of stowing) await pickUp(act, scan);
  const unknown = named.filter(({ boxId }) => !boxes.has(boxId));
  return [
    ...unknown.map(
      ({ scan, boxId }): Problem => ({
        kind: 'unknown-code',
        subject: { type: 'code', id: boxId },
        institutionId: scan.institutionId,
        evidence: { seal: scan.stop.id },
        scanIds: [scan.id],
      }),
    ),
    ...units.filter(({ sealNumber, intact }) => !intact || !stowed.get(sealNumber)?.asScanned).map((unit) => problemOfSeal(unit, stowed)),
  ];
}

const problemOfSeal = ({ scan, boxId, sealNumber, intact }: Unit, stowed: ReadonlyMap<string, StowedUnit>): Problem => {
  const known = stowed.get(sealNumber);
  return {
    kind: 'seal',
    subject: known ? { type: 'consignment', id: known.id } : { type: 'transport-box', id: boxId },
    institutionId: scan.institutionId,
    roundId: scan.stop.roundId,
    stopId: scan.stop.id,
    evidence: { boxId, sealNumber, intact },
    scanIds: [scan.id],
  };
};

interface StowedUnit {
  id: string;
  sealNumber: string;
  /** False: the seal closed something else before. */
  asScanned: boolean;
  /** Set where the department has had the seal before anybody said where it comes from. */
  handedOverAt: Date | null;
}

/** What lay in a unit that the department has had for a while came there with it. */
async function entriesOfHandedOver(act: Act, units: readonly Unit[], stowed: ReadonlyMap<string, StowedUnit>): Promise<EntryOfItsOwn[]> {
  const handedOver = units.flatMap(({ scan, sealNumber, packIds }) => {
    const happenedAt = stowed.get(sealNumber)?.handedOverAt;
    return happenedAt ? packIds.map((id) => ({ id, scan, happenedAt })) : [];
  });
  if (handedOver.length === 0) return [];
  const holder = await getSupplyDepartment(act.trx);
  return handedOver.map(({ id, scan, happenedAt }) => ({
    thing: { type: 'pack', id },
    event: 'handed-over',
    holder,
    institutionId: holder.id,
    roundId: scan.stop.roundId,
    ...ownOf(scan, act.recordedAt),
    happenedAt,
  }));
}

/** The consignments with these seals, by seal. One in a box of the sterile lane is left out: no such thing goes aboard. */
async function insertUnits({ trx }: Act, units: readonly Unit[]): Promise<Map<string, StowedUnit>> {
  if (units.length === 0) return new Map();
  const rows = units.map(({ scan, ...unit }) => ({ ...unit, roundId: scan.stop.roundId, stopId: scan.stop.id, at: scan.correctedAt }));
  const { rows: stowed } = await sql<StowedUnit>`
    with given as (
      select given.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given
        (id uuid, "sealNumber" text, "boxId" text, intact boolean, special text, "packIds" jsonb, "roundId" uuid, "stopId" uuid, at timestamptz)
        join transport_box on transport_box.id = "boxId" and lane = 'soiled'
    ), used as (
      update transport_box set last_used_at = greatest(last_used_at, given.at) from given where transport_box.id = given."boxId"
    ), stowed as (
      insert into consignment (id, round_id, stop_id, lane, box_id, seal_number, intact, special, pack_ids, handed_over_at)
      select given.id, "roundId", "stopId", 'soiled', "boxId", "sealNumber", intact, special, array(select jsonb_array_elements_text("packIds")),
        case when "sealNumber" = any(awaited_seals) then round.handed_over_at end
      from given join supply_round as round on round.id = "roundId"
      on conflict (seal_number) do nothing returning id, seal_number, handed_over_at
    )
    select id, seal_number as "sealNumber", true as "asScanned", handed_over_at as "handedOverAt" from stowed
    union all
    select consignment.id, seal_number, stop_id = "stopId" and box_id = "boxId", null from given join consignment on seal_number = "sealNumber"`.execute(
    trx,
  );
  return new Map(stowed.map((unit) => [unit.sealNumber, unit]));
}

/** Counts of lines of other stops are left out: a scan is never refused. */
async function pickUp(act: Act, scan: StepScan): Promise<void> {
  const lines = await act.trx
    .selectFrom('slip_line')
    .innerJoin('exchange_slip', 'exchange_slip.id', 'slip_line.slip_id')
    .select('slip_line.id')
    .where('stop_id', '=', scan.stop.id)
    .where('direction', '=', 'collect')
    .execute();
  const known = new Set(lines.map(({ id }) => id));
  const own = { ...act, ...ownOf(scan, act.recordedAt) };
  const entries = await pickUpSlips(own, {
    stopId: scan.stop.id,
    courierCounts: scan.body.courierCounts.filter(({ lineId }) => known.has(lineId)),
    consignments: scan.body.consignments,
  });
  await appendLedger(own, entries);
}
