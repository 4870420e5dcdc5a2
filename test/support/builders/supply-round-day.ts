/** Whole rounds over the API, for scenes that begin after, or look at, an ordinary day of deliveries. */
import { expect } from 'vitest';
import type { Answer, Service } from '../service/service.ts';
import { createSupply, type MadePack, type Named, type Supply } from './sterile-supply.ts';

/** What happens at one stop of a round. */
export interface PlannedVisit {
  institutionId: string;
  /** `09:00` on the day of the round. */
  arrive: string;
  /** What is brought. */
  packs: readonly MadePack[];
  /** Used sets that the centre gives, each of the type that its slip declares. */
  collect?: readonly { set: Named; type: Named }[];
}

export interface RoundGround {
  vehicle: Named;
  sterileBox: Named;
  soiledBox: Named;
}

export interface StartedRound {
  id: string;
  days: number;
  ground: RoundGround;
  visits: Array<PlannedVisit & { stopId: string; nurse: string; slipId: string | null; collectLineId: string | null }>;
}

/** The account of a nurse of the centre. */
export const nurseOf = (institutionId: string): string =>
  institutionId === 'inst-c01' ? 'nurse' : institutionId.replace('inst-', 'nurse-');

export function createRoundDay(supply: Supply) {
  const { post, get, at, minutesAfter } = supply;

  /** A vehicle of its own with a box for each lane. */
  const createGround = async (code: string): Promise<RoundGround> => ({
    vehicle: await supply.createVehicle(`${code}-vehicle`),
    sterileBox: await supply.createBox(`${code}-sterile`, 'sterile'),
    soiledBox: await supply.createBox(`${code}-soiled`, 'soiled'),
  });

  /** Plans the round, takes a slip of each centre that gives something, and confirms. */
  async function confirmRound(ground: RoundGround, visits: readonly PlannedVisit[], days = 0, depart = '08:30'): Promise<StartedRound> {
    const round = await supply.planRound(ground.vehicle, visits, { days, depart });
    const started: StartedRound = { id: round.id, days, ground, visits: [] };
    for (const visit of visits) {
      const stopId = round.stops.find((stop: { institutionId: string }) => stop.institutionId === visit.institutionId).id;
      const nurse = nurseOf(visit.institutionId);
      const collected = visit.collect ?? [];
      const slip =
        collected.length === 0
          ? null
          : await post(nurse, '/v1/slips', {
              roundId: round.id,
              lines: [...new Set(collected.map(({ type }) => type.id))].map((setTypeId) => ({
                direction: 'collect',
                setTypeId,
                quantity: collected.filter(({ type }) => type.id === setTypeId).length,
                setInstanceIds: collected.filter(({ type }) => type.id === setTypeId).map(({ set }) => set.id),
              })),
            });
      started.visits.push({ ...visit, stopId, nurse, slipId: slip?.id ?? null, collectLineId: slip?.lines[0].id ?? null });
    }
    await post('dispatcher', `/v1/rounds/${round.id}/confirm`);
    return started;
  }

  /** Gives each stop the packs that the round's confirmation allocated to its centre. */
  async function takeAllocated(round: StartedRound, packs: readonly MadePack[]): Promise<void> {
    const allocated = await Promise.all(packs.map(({ id }) => get('technician', `/v1/packs/${id}`)));
    for (const visit of round.visits)
      visit.packs = packs.filter((_, index) => allocated[index].allocation?.institutionId === visit.institutionId);
  }

  async function loadAndDepart(round: StartedRound, depart = '08:30'): Promise<void> {
    const departAt = at(round.days, depart);
    for (const { stopId, packs } of round.visits)
      if (packs.length > 0) await supply.consign(round.id, stopId, round.ground.sterileBox, packs, minutesAfter(departAt, -20));
    await post('technician', `/v1/rounds/${round.id}/complete-loading`, { happenedAt: minutesAfter(departAt, -10) });
    await post('driver', `/v1/rounds/${round.id}/depart`, { happenedAt: departAt });
  }

  const visitStop = (round: StartedRound, visit: StartedRound['visits'][number]): Promise<Answer['body']> =>
    supply.visit(visit.stopId, visit.nurse, at(round.days, visit.arrive), {
      soiled: (visit.collect ?? []).length > 0 ? [supply.soiledConsignment(round.ground.soiledBox)] : [],
      sterile: visit.packs,
    });

  /** The binding count of a visit's slip: everything came. */
  async function countVisit(visit: StartedRound['visits'][number], instant: string): Promise<Answer['body']> {
    return post('technician', `/v1/slips/${visit.slipId}/count`, {
      lines: [
        {
          lineId: visit.collectLineId,
          received: visit.collect?.length ?? 0,
          setInstanceIds: (visit.collect ?? []).map(({ set }) => set.id),
        },
      ],
      happenedAt: instant,
    });
  }

  async function returnCountAndClose(round: StartedRound, returnTime: string): Promise<Answer['body']> {
    const returnedAt = at(round.days, returnTime);
    await supply.returnAndHandOver(round.id, returnedAt);
    for (const visit of round.visits) if (visit.slipId !== null) await countVisit(visit, minutesAfter(returnedAt, 60));
    await cleanAll(round.ground, minutesAfter(returnedAt, 90));
    return post('dispatcher', `/v1/rounds/${round.id}/close`);
  }

  async function cleanAll({ vehicle, sterileBox, soiledBox }: RoundGround, instant: string): Promise<void> {
    await supply.clean('vehicles', vehicle, instant);
    for (const box of [sterileBox, soiledBox]) await supply.clean('boxes', box, instant);
  }

  /** A whole ordinary round. */
  async function driveRound(ground: RoundGround, visits: readonly PlannedVisit[], days = 0, returnTime = '16:00'): Promise<StartedRound> {
    const round = await confirmRound(ground, visits, days);
    await loadAndDepart(round);
    for (const visit of round.visits) await visitStop(round, visit);
    expect(await returnCountAndClose(round, returnTime)).toMatchObject({ status: 'closed' });
    return round;
  }

  return { createGround, confirmRound, takeAllocated, loadAndDepart, visitStop, countVisit, returnCountAndClose, cleanAll, driveRound };
}

export type RoundDay = ReturnType<typeof createRoundDay>;

export interface Scene {
  supply: Supply;
  rounds: RoundDay;
  steriliser: Named;
}

/** Each scene has codes and a steriliser of its own, and days far enough ahead that nothing of it lies in the past. */
export async function openScene(service: Service, prefix: string, daysAhead = 30): Promise<Scene> {
  const supply = createSupply(service, { prefix, daysAhead });
  const steriliser = await supply.createSteriliser('s', { qualifiedAt: supply.at(-20, '08:00') });
  return { supply, rounds: createRoundDay(supply), steriliser };
}

/** Packs of one type out of one released load, which starts at 8 o'clock on the day before D. Its biological indicator is read by nobody. */
export async function releasedPacks({ supply, steriliser }: Scene, type: Named, count: number, days = -1): Promise<MadePack[]> {
  const names = Array.from({ length: count }, (_, index) => ({ code: `${type.code}-${days}-${index + 1}`, type }));
  const packs = await supply.makePacks(names, supply.at(days - 1, '10:00'));
  await supply.testBowieDick(steriliser, days);
  await supply.sterilise(steriliser, packs, supply.at(days, '08:00'), { indicators: [supply.indicator('bi')] });
  return packs;
}

export const centres = (count: number, first = 1): string[] =>
  Array.from({ length: count }, (_, index) => `inst-c${String(first + index).padStart(2, '0')}`);
