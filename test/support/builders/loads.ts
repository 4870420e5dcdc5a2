/** What loads begin with in tests: a steriliser that was qualified and tested, packs that are ready, and the acts of a cycle. */
import { expect } from 'vitest';
import { localDateOf } from '../../../domain/time/local-date.ts';
import type { Answer, Service } from '../service/service.ts';
import { insertPacks, insertSetType, newCode } from './supply-things.ts';

const DAY_MS = 86_400_000;

/** An instant on the day that lies so many days from today, at a time of the day in Shanghai: `at(-1, '14:40')`. */
export function shanghaiTime(days: number, time: string): string {
  const on = localDateOf(Date.now() + days * DAY_MS);
  return new Date(`${on}T${time}:00+08:00`).toISOString();
}

export const goodCycle = {
  exposureSeconds: 245,
  minTemperatureC: 134.2,
  maxTemperatureC: 136.1,
  minPressureKpa: 205,
  maxPressureKpa: 220,
};

export interface LoadsGround {
  service: Pick<Service, 'get' | 'post' | 'db'>;
  /** Posts, expects that it worked, and gives the body. */
  must(account: string, path: string, body?: unknown): Promise<Answer['body']>;
}

export function createLoadsGround(service: Pick<Service, 'get' | 'post' | 'db'>): LoadsGround {
  return {
    service,
    async must(account, path, body = {}) {
      const answer = await service.post(account, path, body);
      expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
      return answer.body;
    },
  };
}

/** A prevacuum steriliser qualified so many days from today. */
export async function makeSteriliser({ must }: LoadsGround, { qualified = -5, kind = 'prevacuum' } = {}): Promise<string> {
  const { id } = await must('headnurse', '/v1/sterilisers', {
    code: newCode('s'),
    kind,
    qualifiedAt: shanghaiTime(qualified, '09:00'),
  });
  return id;
}

export const passBowieDick = ({ must }: LoadsGround, steriliserId: string, days: number, result = 'pass', time = '07:30') => {
  const startedAt = shanghaiTime(days, time);
  const endedAt = new Date(Date.parse(startedAt) + 15 * 60_000).toISOString();
  return must('technician', '/v1/bowie-dick-tests', { steriliserId, startedAt, endedAt, result });
};

/** A steriliser whose Bowie-Dick test has passed on each of the days, counted from the day from which the test counts. */
export async function testedSteriliser(ground: LoadsGround, { qualified = -5, days = [0] } = {}): Promise<string> {
  const steriliserId = await makeSteriliser(ground, { qualified });
  for (const day of days) await passBowieDick(ground, steriliserId, day);
  return steriliserId;
}

export interface ReadyPacks {
  packaging?: 'cotton' | 'pouch';
  implant?: boolean;
  owner?: string | null;
  /** The day on its label, so many from today. */
  labelled?: number;
}

/** Packs as they stand before a load: checked, with a label of a day. */
export async function readyPacks({ service }: LoadsGround, count: number, packs: ReadyPacks = {}): Promise<string[]> {
  const { packaging = 'pouch', implant = false, owner = null, labelled = 0 } = packs;
  const type = await insertSetType(service.db, { packaging, implant, programs: ['steam-134', 'steam-132'] });
  return insertPacks(service.db, type, count, {
    status: 'checked',
    packaging,
    implant,
    owner_institution_id: owner,
    checker_id: 'person-checker',
    outer_ci: null,
    wet: null,
    expires_on: null,
    label_print: 1,
    labelled_on: localDateOf(Date.now() + labelled * DAY_MS),
  });
}

export const biological = (incubationMinutes = 2_880, lot = 'L1') => ({ kind: 'bi', product: '3M 1292', lot, incubationMinutes });
export const chemical = (indicatorClass = 5) => ({ kind: 'pcd-ci', product: 'PCD', lot: 'P1', class: indicatorClass });

export interface PlannedLoad {
  steriliserId: string;
  packIds?: string[];
  indicators?: unknown[];
  purpose?: 'packs' | 'requalification';
}

export const planLoad = ({ must }: LoadsGround, load: PlannedLoad) => must('technician', '/v1/loads', { program: 'steam-134', ...load });

/** Plans and starts a load, and ends it 40 minutes later. */
export async function runLoad(
  ground: LoadsGround,
  load: PlannedLoad,
  { days, time, by = 'technician' }: { days: number; time: string; by?: string },
) {
  const planned = await planLoad(ground, load);
  const startedAt = shanghaiTime(days, time);
  await ground.must(by, `/v1/loads/${planned.id}/start`, { happenedAt: startedAt });
  const endedAt = new Date(Date.parse(startedAt) + 40 * 60_000).toISOString();
  const ended = await ground.must(by, `/v1/loads/${planned.id}/end`, { ...goodCycle, happenedAt: endedAt });
  return { ...ended, endedAt };
}

/** 35 minutes after its end, all packs dry and with a good indicator, or as `flaws` says of some. */
export const unloadLoad = (
  { must }: LoadsGround,
  load: { id: string; endedAt: string; packIds: string[] },
  { flaws = {}, by = 'technician' }: { flaws?: Record<string, { outerCi?: string; wet?: boolean }>; by?: string } = {},
) =>
  must(by, `/v1/loads/${load.id}/unload`, {
    happenedAt: minutesAfter(load.endedAt, 35),
    packs: load.packIds.map((packId) => ({ packId, outerCi: 'pass', wet: false, ...flaws[packId] })),
  });

export const minutesAfter = (instant: string, minutes: number): string => new Date(Date.parse(instant) + minutes * 60_000).toISOString();

/** Puts a biological indicator into incubation and reads it when that is over. */
export async function readBiological(
  ground: LoadsGround,
  id: string,
  {
    from,
    growth = false,
    control = { lot: 'L1', growth: true },
  }: { from: string; growth?: boolean; control?: { lot: string; growth: boolean } | null },
) {
  const incubating = await ground.must('releaser', `/v1/load-indicators/${id}/incubate`, { happenedAt: from });
  return ground.must('releaser', `/v1/load-indicators/${id}/read`, {
    growth,
    ...(control ? { control } : {}),
    happenedAt: incubating.dueAt,
  });
}
