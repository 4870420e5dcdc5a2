/** The round of the demonstration's supply day: planned, loaded and driven as far as its third stop. */
import { z } from 'zod';
import { addDays, weekdayOf } from '../../../domain/time/local-date.ts';
import { type DayClock, MINUTES_SINCE_DEPARTURE } from './day-clock.ts';
import type { MadePack } from './department.ts';
import { nurseOf, type People } from './people.ts';

const vehicleId = 'vehicle-1';

const Plan = z.object({ rounds: z.array(z.object({ stops: z.array(z.object({ institutionId: z.string() })) })) });
const Round = z.object({ id: z.string(), stops: z.array(z.object({ id: z.string(), institutionId: z.string() })) });
const Items = z.object({ items: z.array(z.object({ id: z.string() })) });
const Pack = z.object({ allocation: z.object({ institutionId: z.string() }).nullable() });

export interface StopOfDay {
  id: string;
  institutionId: string;
  /** The used set that waits there, if there is one. */
  usedSetIds: string[];
  packIds: string[];
}

export interface RoundOfDay {
  id: string;
  stops: StopOfDay[];
}

/** The vehicle has been at two stops and stands at the third. */
const VISITED_STOPS = 2;
const MINUTES_BETWEEN_ARRIVALS = 11;

/** Resolves with the round, whose slips are frozen and whose packs are allocated. */
export async function confirmRound(people: People, clock: DayClock, packs: readonly MadePack[]): Promise<RoundOfDay> {
  const institutionIds = await chooseCentres(people, clock);
  const round = Round.parse(
    await people.post('dispatcher', '/v1/rounds', {
      on: clock.on,
      vehicleId,
      driverId: 'person-driver',
      courierId: 'person-courier',
      departAt: clock.ofRound(MINUTES_SINCE_DEPARTURE),
      stops: institutionIds.map((institutionId, index) => ({ institutionId, arriveAt: plannedArrival(clock, index) })),
    }),
  );
  const stops: StopOfDay[] = round.stops.map((stop) => ({ ...stop, usedSetIds: [], packIds: [] }));
  await Promise.all(stops.map((stop, index) => submitSlip(people, { stop, index, roundId: round.id })));
  await people.post('dispatcher', `/v1/rounds/${round.id}/confirm`, {});
  await Promise.all(
    packs.map(async ({ id }) => {
      const { allocation } = Pack.parse(await people.look('technician', `/v1/packs/${id}`));
      stops.find(({ institutionId }) => institutionId === allocation?.institutionId)?.packIds.push(id);
    }),
  );
  for (const stop of stops) stop.packIds.sort();
  return { id: round.id, stops };
}

/** The first stops are those at which the vehicle has been by now; the others are still to come. */
function plannedArrival(clock: DayClock, index: number): string {
  const minutesAfter = (index - VISITED_STOPS) * MINUTES_BETWEEN_ARRIVALS;
  return index <= VISITED_STOPS ? clock.ofRound(4 - minutesAfter) : clock.planned(minutesAfter);
}

/** The centres of the date in the order of the plan. On a Sunday, when nobody is visited, the round is an extra one to the centres of Monday. */
async function chooseCentres(people: People, { on }: DayClock): Promise<string[]> {
  const planned = weekdayOf(on) === 0 ? addDays(on, 1) : on;
  const plan = Plan.parse(await people.post('dispatcher', '/v1/round-plans', { on: planned, vehicleIds: [vehicleId] }));
  const institutionIds = plan.rounds[0]?.stops.map(({ institutionId }) => institutionId) ?? [];
  if (institutionIds.length <= VISITED_STOPS) throw new Error(`the plan of ${planned} has too few stops`);
  return institutionIds;
}

/** Each centre gives the dressing set it has used and asks for a fresh one and for something else; the fifth asks for more than there is. */
async function submitSlip(people: People, { stop, index, roundId }: { stop: StopOfDay; index: number; roundId: string }): Promise<void> {
  const { institutionId } = stop;
  const { items } = Items.parse(
    await people.look('headnurse', `/v1/set-instances?setTypeId=dressing-set&status=used&holderId=${institutionId}&limit=10`),
  );
  stop.usedSetIds = items.map(({ id }) => id);
  const further =
    index % 2 === 0 ? { setTypeId: 'suture-set', quantity: index === 4 ? 3 : 1 } : { setTypeId: 'stitch-removal-set', quantity: 1 };
  await people.post(nurseOf(institutionId), '/v1/slips', {
    roundId,
    lines: [
      ...(items.length > 0 ? [{ direction: 'collect', setTypeId: 'dressing-set', quantity: items.length }] : []),
      { direction: 'deliver', setTypeId: 'dressing-set', quantity: 1 },
      { direction: 'deliver', ...further },
    ],
  });
}

/** One box is filled for the first stops and one for the others, and the vehicle leaves. */
export async function departWithPacks(people: People, clock: DayClock, round: RoundOfDay): Promise<void> {
  for (const [index, stop] of round.stops.entries()) {
    if (stop.packIds.length === 0) continue;
    await people.post('technician', `/v1/rounds/${round.id}/consignments`, {
      stopId: stop.id,
      boxId: index * 2 < round.stops.length ? 'box-sterile-1' : 'box-sterile-2',
      sealNumber: sealOf(round.id, index),
      packIds: stop.packIds,
      happenedAt: clock.ofDepartment(MINUTES_SINCE_DEPARTURE + 8 - index / 4),
    });
  }
  await people.post('technician', `/v1/rounds/${round.id}/complete-loading`, {
    happenedAt: clock.ofDepartment(MINUTES_SINCE_DEPARTURE + 2),
  });
  await people.post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: clock.ofRound(MINUTES_SINCE_DEPARTURE) });
}

/** Each round has seals of its own. */
const sealOf = (roundId: string, index: number): string => `S${roundId.slice(-6).toUpperCase()}-${String(index + 1).padStart(2, '0')}`;

/** Two stops are done and signed. At the third the packs are handed over, and the centre has to check them. */
export async function visitFirstStops(people: People, clock: DayClock, round: RoundOfDay): Promise<StopOfDay> {
  const [first, second, third] = round.stops;
  if (!first || !second || !third) throw new Error('the round has too few stops');
  await arriveAndHandOver(people, clock, { roundId: round.id, stop: first, index: 0 });
  await checkSignAndLeave(people, clock, { stop: first, index: 0, rejected: [] });
  await arriveAndHandOver(people, clock, { roundId: round.id, stop: second, index: 1 });
  // A pack came damaged: its line of the slip is short, and the centre opens a discrepancy.
  const damaged = second.packIds.slice(-1);
  await checkSignAndLeave(people, clock, { stop: second, index: 1, rejected: damaged });
  for (const id of damaged)
    await people.post(nurseOf(second.institutionId), '/v1/discrepancies', {
      kind: 'damage',
      subject: { type: 'pack', id },
      note: '验收时发现外包装破损，已拒收，随车退回。',
    });
  await arriveAndHandOver(people, clock, { roundId: round.id, stop: third, index: 2 });
  return third;
}

interface Visit {
  stop: StopOfDay;
  index: number;
}

const arrivedBefore = (index: number): number => 4 + (VISITED_STOPS - index) * MINUTES_BETWEEN_ARRIVALS;

async function arriveAndHandOver(people: People, clock: DayClock, { roundId, stop, index }: Visit & { roundId: string }): Promise<void> {
  const arrived = arrivedBefore(index);
  const step = (body: object, minutesAfter: number) =>
    people.post('courier', `/v1/stops/${stop.id}/steps`, { ...body, happenedAt: clock.ofRound(arrived - minutesAfter) });
  const stowed = { sealNumber: `${sealOf(roundId, index)}-R`, boxId: 'box-soiled-1', intact: true };
  await step({ step: 'arrived' }, 0);
  await step({ step: 'soiled-stowed', consignments: stop.usedSetIds.length > 0 ? [stowed] : [] }, 1);
  await step({ step: 'gloves-off' }, 1.5);
  await step({ step: 'hand-hygiene' }, 2);
  await step({ step: 'sterile-handed', packIds: stop.packIds }, 3);
}

async function checkSignAndLeave(
  people: People,
  clock: DayClock,
  { stop, index, rejected }: Visit & { rejected: readonly string[] },
): Promise<void> {
  const nurse = nurseOf(stop.institutionId);
  const path = `/v1/stops/${stop.id}/steps`;
  const at = (minutesAfter: number): string => clock.ofRound(arrivedBefore(index) - minutesAfter);
  await people.post(nurse, path, {
    step: 'checked',
    accepted: stop.packIds.filter((id) => !rejected.includes(id)),
    rejected: rejected.map((packId) => ({ packId, reason: 'damaged' })),
    happenedAt: at(5),
  });
  await people.post('courier', path, { step: 'signed', signatures: signaturesWith(nurse), happenedAt: at(6) });
  await people.post('courier', path, { step: 'left', happenedAt: at(7) });
}

/** The courier signs on the telephone, the nurse on its glass: she confirms it from her own account. */
export const signaturesWith = (nurse: string): Array<{ personId: string; method: string }> => [
  { personId: 'person-courier', method: 'session' },
  { personId: `person-${nurse}`, method: 'paper' },
];
