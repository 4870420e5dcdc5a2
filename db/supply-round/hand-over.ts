/** The round hands over at the department: each soiled consignment is listed, what is missing is a gap, what nobody knows of waits for its scan. */
import { type RawBuilder, sql } from 'kysely';
import type { ThingType } from '../../domain/sterile-supply/vocabulary.ts';
import { openDiscrepancies } from '../discrepancy/open.ts';
import { noteHandOver } from '../exchange-slip/hand-over.ts';
import { followRecalls } from '../recall/follow-recalls.ts';
import type { Act } from '../sterile-supply/act.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { lockRoundFor } from './lock-round.ts';
import { layRoundFacts } from './round-facts.ts';
import { brokenAmong, discrepancyOf, listConsignments, noteSeals, type RoundConsignment, type SeenConsignment } from './seals.ts';

/** Throws ActRefused `transition-not-allowed`. */
export async function handRoundOver(act: Act, roundId: string, seen: readonly SeenConsignment[]): Promise<void> {
  const { trx, happenedAt } = act;
  await lockRoundFor(trx, roundId, 'hand-over');
  const consignments = await listConsignments(trx, roundId);
  const known = seen.filter(({ consignmentId }) => consignments.some(({ id }) => id === consignmentId));
  const broken = brokenAmong(consignments, known).filter(({ lane }) => lane === 'soiled');
  const absent = consignments.filter(({ id, lane }) => lane === 'soiled' && !known.some(({ consignmentId }) => consignmentId === id));
  await markHandedOver(act, roundId, {
    seals: noteSeals(known, { broken, handedOverAt: happenedAt }),
    awaitedSeals: seen.filter((one) => !known.includes(one)).map(({ sealNumber }) => sealNumber),
    boxIds: consignments.filter(({ lane }) => lane === 'soiled').map(({ boxId }) => boxId),
  });
  const moved = await moveToDepartment(act, roundId, absent, consignments);
  await openDiscrepancies(act, [
    ...broken.map((one) => discrepancyOf('seal', roundId, one)),
    ...absent.map((one) => discrepancyOf('custody-gap', roundId, one)),
  ]);
  await noteHandOver(act, roundId);
  await followRecalls(
    act,
    moved.filter(({ type }) => type === 'pack').map(({ id }) => id),
  );
  await layRoundFacts(act, [{ roundId, type: 'round-handed-over', input: {} }]);
}

/** With what was found of the seals; the soiled boxes are used until now. One statement. */
async function markHandedOver(
  { trx, happenedAt }: Act,
  roundId: string,
  { seals, awaitedSeals, boxIds }: { seals: RawBuilder<unknown>; awaitedSeals: readonly string[]; boxIds: readonly string[] },
): Promise<void> {
  await sql`
    with noted as (${seals}), used as (
      update transport_box set last_used_at = greatest(last_used_at, ${happenedAt}::timestamptz) where id = any(${boxIds}::text[])
    )
    update supply_round set status = 'handed-over', handed_over_at = ${happenedAt}, awaited_seals = ${awaitedSeals}::text[]
    where id = ${roundId}`.execute(trx);
}

interface MovedThing {
  type: ThingType;
  id: string;
}

/** Everything that the round has is at the department now, but what lies in a consignment that is missing. Two statements. */
async function moveToDepartment(
  act: Act,
  roundId: string,
  absent: readonly RoundConsignment[],
  consignments: readonly RoundConsignment[],
): Promise<MovedThing[]> {
  const isPresent = (of: (one: RoundConsignment) => boolean) => consignments.some((one) => of(one) && !absent.includes(one));
  const missingBoxes = absent.map(({ boxId }) => boxId).filter((boxId) => !isPresent((one) => one.boxId === boxId));
  const missingPacks = absent.flatMap(({ packIds }) => packIds);
  // Which sets lie in which box is not known before the count; those of a stop of which nothing soiled came are missing with it.
  const missingStops = absent
    .map(({ stopId }) => stopId)
    .filter((stopId) => !isPresent((one) => one.stopId === stopId && one.lane === 'soiled'));
  const { rows } = await sql<MovedThing>`
    select custody.thing_type as type, custody.thing_id as id from custody join supply_event on supply_event.id = custody.event_id
    where custody.holder_type = 'round' and custody.holder_id = ${roundId}::text and custody.until is null and custody.thing_type <> 'vehicle'
      and not (custody.thing_type = 'transport-box' and custody.thing_id = any(${missingBoxes}::text[]))
      and not (custody.thing_type = 'pack' and custody.thing_id = any(${missingPacks}::text[]))
      and not (custody.thing_type = 'set-instance' and supply_event.stop_id is not null and supply_event.stop_id = any(${missingStops}::uuid[]))
    order by custody.thing_type, custody.thing_id`.execute(act.trx);
  await appendLedger(
    act,
    rows.map((thing) => ({ thing, event: 'handed-over', roundId, holder: { type: 'cssd', id: act.actor.institutionId } })),
  );
  return rows;
}
