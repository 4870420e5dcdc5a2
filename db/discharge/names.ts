/** What people and houses of episodes are called, for tables that people read. */
import type { DischargeState } from '../../domain/discharge/state.ts';
import type { Database } from '../kit/database.ts';

export interface NamesOfEpisodes {
  patients: ReadonlyMap<string, { name: string; phone: string | null }>;
  /** In Chinese, by id. */
  institutions: ReadonlyMap<string, string>;
}

export async function loadNamesOfEpisodes(
  db: Database,
  episodes: readonly Pick<DischargeState, 'patientId' | 'hospitalId' | 'centreId'>[],
): Promise<NamesOfEpisodes> {
  if (episodes.length === 0) return { patients: new Map(), institutions: new Map() };
  const patientIds = [...new Set(episodes.map(({ patientId }) => patientId))];
  const institutionIds = [...new Set(episodes.flatMap(({ hospitalId, centreId }) => [hospitalId, centreId]))];
  const [patients, institutions] = await Promise.all([
    db.selectFrom('patient').select(['id', 'name', 'phone']).where('id', 'in', patientIds).execute(),
    db.selectFrom('institution').select(['id', 'name_zh as name']).where('id', 'in', institutionIds).execute(),
  ]);
  return {
    patients: new Map(patients.map(({ id, name, phone }) => [id, { name, phone }])),
    institutions: new Map(institutions.map(({ id, name }) => [id, name])),
  };
}
