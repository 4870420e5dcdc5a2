/** What is soiled is stowed at a stop: sealed consignments in boxes of the soiled lane, with what lay there unopened and is taken back. */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { SpecialPathogen } from '../../domain/sterile-supply/vocabulary.ts';
import { pickUpSlips } from '../exchange-slip/pick-up.ts';
import { type Act, ActRefused, refuseField } from '../sterile-supply/act.ts';
import { inOrder, selectAskedPacks } from '../sterile-supply/find-things.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';
import { markBoxesUsed } from './cleanliness.ts';
import type { LockedStop } from './lock-stop.ts';
import { openSealDiscrepancies } from './seals.ts';
import type { SoiledConsignment, SoiledStowed, StepDone } from './step-bodies.ts';

interface Stowed extends SoiledConsignment {
  id: string;
  packIds: readonly string[];
}

/** Throws ActRefused: invalid-request, wrong-lane, special-alone, not-in-custody, already-exists. */
export async function stowSoiled(act: Act, stop: LockedStop, { consignments, courierCounts = [] }: SoiledStowed): Promise<StepDone> {
  const { id: stopId, institutionId, round } = stop;
  const boxes = await lockBoxes(act, round.id, consignments);
  const asked = consignments.flatMap(({ packIds }) => packIds ?? []);
  const packs = await takeBackPacks(act, institutionId, asked);
  let taken = 0;
  const stowed = consignments.map((one, index): Stowed => {
    const count = one.packIds?.length ?? 0;
    const packIds = packs.slice(taken, taken + count).map(({ id }) => id);
    taken += count;
    return { ...one, id: uuid(), boxId: boxes[index]?.id ?? one.boxId, packIds };
  });
  requireLane(boxes, stowed);
  requireLying(packs);
  await openBrokenSeals(act, stop, stowed);
  const setEntries = await pickUpSlips(act, { stopId, courierCounts, consignments });
  const holder = { type: 'round' as const, id: round.id };
  const boxEntries = [...Map.groupBy(stowed, ({ boxId }) => boxId)].map(
    ([id, within]): LedgerEntry => ({
      thing: { type: 'transport-box', id },
      event: 'soiled-stowed',
      holder,
      details: { consignmentIds: within.map((one) => one.id), sealNumbers: within.map(({ sealNumber }) => sealNumber) },
    }),
  );
  return {
    details: { consignmentIds: stowed.map(({ id }) => id), packIds: packs.map(({ id }) => id) },
    writes: insertConsignments(act, stop, stowed),
    ledger: [
      ...setEntries,
      ...boxEntries,
      ...packs.map(
        ({ id, status, isTaken }): LedgerEntry => ({
          thing: { type: 'pack', id },
          event: 'returned-unopened',
          from: isTaken ? status : null,
          to: isTaken ? 'rejected' : null,
          holder,
        }),
      ),
    ],
    facts: [],
    movedPackIds: packs.map(({ id }) => id),
  };
}

/** What the centre gave with a broken seal is a discrepancy from the beginning. */
const openBrokenSeals = (act: Act, { id: stopId, institutionId, round }: LockedStop, stowed: readonly Stowed[]): Promise<void> =>
  openSealDiscrepancies(
    act,
    round.id,
    stowed.filter(({ intact }) => !intact).map((one) => ({ ...one, institutionId, stopId })),
    'centre',
  );

/** The boxes are used from now on. Parts of the statement that writes the step. */
function insertConsignments({ happenedAt }: Act, { id: stopId, round }: LockedStop, stowed: readonly Stowed[]): RawBuilder<unknown>[] {
  const rows = stowed.map(({ id, boxId, sealNumber, intact, special = null, packIds }) => ({
    id,
    boxId,
    sealNumber,
    intact,
    special,
    packIds,
  }));
  const boxIds = [...new Set(stowed.map(({ boxId }) => boxId))];
  const inserted = sql`stowed as (
    insert into consignment (id, round_id, stop_id, lane, box_id, seal_number, intact, special, pack_ids)
    select (row ->> 'id')::uuid, ${round.id}, ${stopId}, 'soiled', row ->> 'boxId', row ->> 'sealNumber', (row ->> 'intact')::boolean, row ->> 'special',
      array(select jsonb_array_elements_text(row -> 'packIds'))
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as row
  )`;
  return [sql`used as (${markBoxesUsed(boxIds, happenedAt)})`, inserted];
}

interface SoiledBox {
  asked: string;
  id: string;
  lane: string;
  /** What lies in it already. */
  within: { special: SpecialPathogen | null }[];
}

/** The boxes in the order of the consignments, locked: several of them may stand in one box. Throws ActRefused 422. */
async function lockBoxes({ trx }: Act, roundId: string, consignments: readonly SoiledConsignment[]): Promise<SoiledBox[]> {
  if (consignments.length === 0) return [];
  const { rows } = await sql<SoiledBox>`
    select asked, box.id, lane, (select coalesce(json_agg(json_build_object('special', special)), '[]') from consignment
      where box_id = box.id and round_id = ${roundId} and lane = 'soiled') as within
    from unnest(${[...new Set(consignments.map(({ boxId }) => boxId))]}::text[]) as asked
      join transport_box as box on box.id = asked or box.code = asked
    order by box.id for update of box`.execute(trx);
  return consignments.map(({ boxId }, index) => {
    // An id comes before a code of the same text.
    const box = rows.find(({ id }) => id === boxId) ?? rows.find(({ asked }) => asked === boxId);
    if (!box) throw refuseField(`consignments.${index}.boxId`, { zh: '没有此箱', en: 'no such box' });
    return box;
  });
}

/** Throws ActRefused `wrong-lane` or `special-alone`. */
function requireLane(boxes: readonly SoiledBox[], stowed: readonly Stowed[]): void {
  const each = [...new Map(boxes.map((box) => [box.id, box])).values()];
  const wrong = each.filter(({ lane }) => lane !== 'soiled');
  if (wrong.length > 0) throw new ActRefused('wrong-lane', { boxIds: wrong.map(({ id }) => id) });
  const notAlone = each.filter(({ id, within }) => {
    const all = [...within, ...stowed.filter(({ boxId }) => boxId === id).map(({ special }) => ({ special: special ?? null }))];
    return all.length > 1 && all.some(({ special }) => special !== null);
  });
  if (notAlone.length > 0) throw new ActRefused('special-alone', { boxIds: notAlone.map(({ id }) => id) });
}

interface TakenBackPack {
  id: string;
  /** What it was; null: it does not lie at the centre, or is opened. */
  status: string | null;
  /** It is rejected by this; one that was rejected before stays so. */
  isTaken: boolean;
}

/** What a centre took never returns to the store. The packs in the order asked. Throws ActRefused 422. One statement, none without packs. */
async function takeBackPacks({ trx, happenedAt }: Act, institutionId: string, idsOrCodes: readonly string[]): Promise<TakenBackPack[]> {
  if (idsOrCodes.length === 0) return [];
  const { rows } = await sql<TakenBackPack & { asked: string }>`
    with asked as materialized (${selectAskedPacks(idsOrCodes)}), lying as (
      select pack.id, pack.status from pack join custody on thing_type = 'pack' and thing_id = pack.id and until is null
      where pack.id in (select id from asked) and holder_type = 'centre' and holder_id = ${institutionId} and pack.status in ('at-centre', 'rejected')
      order by pack.id for update of pack
    ), taken as (
      update pack set status = 'rejected', reject_reason = 'returned-unopened', status_since = ${happenedAt}
      where id in (select id from lying where status = 'at-centre')
      returning id
    )
    select asked, id, lying.status, taken.id is not null as "isTaken"
    from asked left join lying using (id) left join taken using (id)`.execute(trx);
  return inOrder(
    idsOrCodes,
    (one) => rows.find(({ asked }) => asked === one),
    'packIds',
    ({ id }) => id,
  );
}

/** Throws ActRefused `not-in-custody`. */
function requireLying(packs: readonly TakenBackPack[]): void {
  const elsewhere = packs.filter(({ status }) => status === null);
  if (elsewhere.length > 0) throw new ActRefused('not-in-custody', { packIds: elsewhere.map(({ id }) => id) });
}
