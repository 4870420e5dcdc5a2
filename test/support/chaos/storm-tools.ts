/** What the people of a storm have at hand: the things of their world in any state, and the time of day. */
import { randomUUID } from 'node:crypto';
import type { Random } from '../../../domain/kit/random.ts';
import type { Answer, Service } from '../service/service.ts';

const MINUTE_MS = 60_000;
export const centres = [
  { id: 'inst-c01', nurse: 'nurse' },
  { id: 'inst-c02', nurse: 'nurse-c02' },
  { id: 'inst-c03', nurse: 'nurse-c03' },
];

export type Post = (account: string, path: string, body?: object) => Promise<Answer>;
/** Each throws NothingThere where nothing is in a state that it needs. */
export type StormCommands = Record<string, (post: Post, random: Random) => Promise<unknown>>;

export class NothingThere extends Error {}

export interface StormWorld {
  sterilisers: string[];
  vehicles: string[];
  boxes: { sterile: string[]; soiled: string[] };
  devices: string[];
  setTypeIds: string[];
  beganAt: number;
}

/** `minutes`: how many have passed since the storm began. */
export function createStormTools(service: Service, world: StormWorld, minutes: () => number) {
  async function ids(question: string, values: unknown[] = []): Promise<string[]> {
    const { rows } = await service.pool.query(question, values);
    return rows.map(({ id }) => id);
  }
  const some = (table: string, where: string, limit = 1) => ids(`select id from ${table} where ${where} order by random() limit ${limit}`);
  return {
    service,
    world,
    ids,
    some,
    /** Throws NothingThere where no thing is in that state: then the person looks for other work. */
    async one(table: string, where: string): Promise<string> {
      const [id] = await some(table, where);
      if (id === undefined) throw new NothingThere();
      return id;
    },
    now: (later = 0): string => new Date(world.beganAt + (minutes() + later) * MINUTE_MS).toISOString(),
    seal: () => `storm-${randomUUID().slice(0, 12)}`,
  };
}

export type StormTools = ReturnType<typeof createStormTools>;
