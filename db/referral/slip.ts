/** What a referral's slip shows beside the referral: the patient, and the names of everybody and every place on it. */
import { sql } from 'kysely';
import { getPatient, type Patient } from '../directory/patients.ts';
import type { Database } from '../kit/database.ts';
import type { ReferralRecord } from './referrals.ts';

export interface SlipSurroundings {
  patient: Patient;
  /** Chinese names by id, of the institutions and departments that are or were asked */
  placeNames: ReadonlyMap<string, string>;
  /** The names of the referral desks by institution id, for a referral that names no department. */
  deskNames: ReadonlyMap<string, string>;
  initiatorName: string;
  /** The name of the person who sent the referral, who need not be its author; null before it is sent. */
  senderName: string | null;
  /** Why a second open referral to the same department was wanted. */
  overrideReason: string | null;
  /** What the recipient has reported at the end; null before it has. */
  outcome: string | null;
}

export async function loadSlipSurroundings(db: Database, { id, state }: Pick<ReferralRecord, 'id' | 'state'>): Promise<SlipSurroundings> {
  const { initiator, addressee, legs } = state;
  const places = [initiator, addressee, ...legs];
  const institutionIds = [...new Set(places.map(({ institutionId }) => institutionId))];
  const [patient, institutions, departments, referral, sending, reporting] = await Promise.all([
    getPatient(db, state.patientId),
    db.selectFrom('institution').select(['id', 'name_zh as name']).where('id', 'in', institutionIds).execute(),
    db
      .selectFrom('department')
      .select(['id', 'institution_id as institutionId', 'name_zh as name', 'is_referral_desk as isDesk'])
      .where('institution_id', 'in', institutionIds)
      .execute(),
    db
      .selectFrom('referral')
      .innerJoin('person', 'person.id', 'referral.initiator_person_id')
      .select(['override_reason as overrideReason', 'person.name as initiatorName'])
      .where('referral.id', '=', id)
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('timeline')
      .innerJoin('person', (join) => join.on(sql<boolean>`person.id = timeline.actor ->> 'personId'`))
      .select('person.name')
      .where('pathway_id', '=', id)
      .where('event', '=', 'send-referral-package')
      .executeTakeFirst(),
    db
      .selectFrom('timeline')
      .select('note')
      .where('pathway_id', '=', id)
      .where('event', '=', 'send-outcome')
      .orderBy('seq', 'desc')
      .executeTakeFirst(),
  ]);
  if (!patient) throw new Error('A referral has a patient.');
  return {
    patient,
    placeNames: new Map([...institutions, ...departments].map(({ id, name }) => [id, name])),
    deskNames: new Map(departments.filter(({ isDesk }) => isDesk).map(({ institutionId, name }) => [institutionId, name])),
    initiatorName: referral.initiatorName,
    senderName: sending?.name ?? null,
    overrideReason: referral.overrideReason,
    outcome: reporting?.note ?? null,
  };
}
