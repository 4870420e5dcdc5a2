/** Builds readings, sends them, and reads what came of them. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Answer, Service } from '../service/service.ts';

export type NewReading = Record<string, unknown>;

export const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const buildCommonFields = () => ({ source: 'gateway-test', messageId: randomUUID(), measuredAt: ago(10 * MINUTE) });

export const bloodPressure = (patientId: string, systolic: number, diastolic: number, over: NewReading = {}): NewReading => ({
  ...buildCommonFields(),
  patientId,
  kind: 'blood-pressure',
  systolic,
  diastolic,
  unit: 'mmHg',
  ...over,
});

export const glucose = (patientId: string, value: number, over: NewReading = {}): NewReading => ({
  ...buildCommonFields(),
  patientId,
  kind: 'random-glucose',
  value,
  unit: 'mmol/L',
  ...over,
});

/** Three days running above 13.9, of which an episode is made that a follow-up takes up. */
export const threeHighDays = (patientId: string, value = 14.5): NewReading[] =>
  [0, -1, -2].map((day) => glucose(patientId, value, { measuredAt: noonOf(day) }));

export const postReadings = (service: Service, readings: NewReading[], account = 'gateway', key: string = randomUUID()): Promise<Answer> =>
  service.post(account, '/v1/readings', { readings }, { key });

/** Returns noon of a local day, where day 0 is yesterday and -1 the day before, so that it is never in the future. */
export const noonOf = (day: number): string => {
  const today = Math.floor((Date.now() + 8 * HOUR) / DAY);
  return new Date((today - 1 + day) * DAY + 4 * HOUR).toISOString();
};

export interface RaisedEpisode {
  rule: string;
  times: number;
  evidence: Record<string, unknown>;
}

export async function episodesOf({ db }: Service, patientId: string): Promise<RaisedEpisode[]> {
  return db
    .selectFrom('reading_episode')
    .select(['rule', 'times', 'evidence'])
    .where('patient_id', '=', patientId)
    .orderBy('rule')
    .orderBy('raised_at')
    .execute();
}

export const rulesOf = async (service: Service, patientId: string): Promise<string[]> =>
  (await episodesOf(service, patientId)).map(({ rule }) => rule);

/** Counts the readings of a patient by their status. */
export async function countsOf({ db }: Service, patientId: string): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('reading')
    .select(['status', sql<number>`count(*)::int`.as('count')])
    .where('patient_id', '=', patientId)
    .groupBy('status')
    .execute();
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}
