/**
 * The supply day of a demonstration, told act by act by the people who do it: ledger, facts and pathways are those of a true day. Everything follows from
 * the moment alone, so that a start which was broken off is taken up by the next one: what was done before is answered again.
 */
import { z } from 'zod';
import { createDayClock, type DayClock } from './day-clock.ts';
import { runAnotherLoad, sterilisePacks } from './department.ts';
import { nurseOf, type People } from './people.ts';
import { confirmRound, departWithPacks, type RoundOfDay, type StopOfDay, visitFirstStops } from './round.ts';

/** What the lines to paste speak of. */
export const DaySchema = z.object({
  on: z.string(),
  roundId: z.string(),
  /** The stop at which the vehicle stands, and what was handed over there. */
  stopId: z.string(),
  institutionId: z.string(),
  packIds: z.array(z.string()),
  /** The biological indicator that is incubating. */
  indicatorId: z.string(),
});
export type SupplyDay = z.infer<typeof DaySchema>;

/** `moment` is in milliseconds: the vehicle stands at its third stop then. */
export async function beginSupplyDay(people: People, moment: number): Promise<SupplyDay> {
  const clock = createDayClock(moment);
  const { packs, indicatorId } = await sterilisePacks(people, clock);
  const round = await confirmRound(people, clock, packs);
  await departWithPacks(people, clock, round);
  const stop = await visitFirstStops(people, clock, round);
  await runAnotherLoad(people, clock);
  await workAtCentres(people, clock, round);
  return {
    on: clock.on,
    roundId: round.id,
    stopId: stop.id,
    institutionId: stop.institutionId,
    packIds: stop.packIds,
    indicatorId,
  };
}

/** The first centre uses a pack and reads its room's climate; a centre that is visited another day asks for something already. */
async function workAtCentres(people: People, clock: DayClock, { stops }: RoundOfDay): Promise<void> {
  const [first] = stops;
  if (first) await useFirstPack(people, clock, first);
  const other = ['inst-c01', 'inst-c14', 'inst-c27'].find((id) => stops.every(({ institutionId }) => institutionId !== id));
  if (other !== undefined)
    await people.post(nurseOf(other), '/v1/slips', { lines: [{ direction: 'deliver', setTypeId: 'dressing-set', quantity: 2 }] });
}

async function useFirstPack(people: People, clock: DayClock, { institutionId, packIds }: StopOfDay): Promise<void> {
  const nurse = nurseOf(institutionId);
  const [opened] = packIds;
  if (opened !== undefined)
    await people.post(nurse, `/v1/packs/${opened}/open`, {
      innerCi: 'pass',
      patientReference: 'demo-0001',
      happenedAt: clock.ofRound(2),
    });
  await people.post(nurse, '/v1/climate-readings', {
    readings: [60, 30].map((minutes) => ({ measuredAt: clock.ofDepartment(minutes), temperatureC: 22.5, humidityPercent: 55 })),
  });
}
