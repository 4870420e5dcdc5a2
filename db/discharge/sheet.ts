/** What the sheet for the patient shows beside the episode: their name, and whom to call. */
import type { Database } from '../kit/database.ts';
import type { EpisodeRecord } from './episodes.ts';

export interface SheetPlace {
  name: string;
  address: string | null;
  telephone: string | null;
}

export interface SheetSurroundings {
  patientName: string;
  hospital: SheetPlace;
  centre: SheetPlace;
}

export async function loadSheetSurroundings(db: Database, { state }: Pick<EpisodeRecord, 'state'>): Promise<SheetSurroundings> {
  const placeOf = (id: string) =>
    db
      .selectFrom('institution')
      .select(['name_zh as name', 'address_zh as address', 'telephone'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
  const [patient, hospital, centre] = await Promise.all([
    db.selectFrom('patient').select('name').where('id', '=', state.patientId).executeTakeFirstOrThrow(),
    placeOf(state.hospitalId),
    placeOf(state.centreId),
  ]);
  return { patientName: patient.name, hospital, centre };
}
