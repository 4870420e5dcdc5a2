/** Corrections of a resident's record: each field that changes is kept with who changed it and why. */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import { channelAfterCorrection } from '../../domain/residents/telephone.ts';
import type { Database } from '../kit/database.ts';
import { constraintOf } from '../kit/integrity.ts';
import { publishFact } from '../kit/publish-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { getPatient, identityColumns, type Patient } from './patients.ts';

/** What a correction says; a field that it leaves out stays. */
type CorrectableFields = Pick<
  Patient,
  'name' | 'sex' | 'birthDate' | 'identityNumber' | 'phone' | 'address' | 'teamId' | 'allergies' | 'contacts'
>;
export type PatientCorrection = { [Field in keyof CorrectableFields]?: CorrectableFields[Field] | undefined };

export type CorrectedField = keyof PatientCorrection;

const fields = ['name', 'sex', 'birthDate', 'identityNumber', 'phone', 'address', 'contacts', 'teamId', 'allergies'] as const;

/** Locks the record until the transaction ends, so that what a check has found still holds when it is written. */
export async function lockPatient(trx: Trx, id: string): Promise<Patient> {
  await trx.selectFrom('patient').select('id').where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow();
  return (await getPatient(trx, id)) as Patient;
}

/**
 * Writes what differs and one line of history for each field. Resolves with the record as it is then, or with `identity-number-taken`. A telephone that is
 * named counts as put right even when it is the same: somebody has looked at it. The channel follows a new number.
 */
export async function correctPatient(
  trx: Trx,
  before: Patient,
  correction: PatientCorrection,
  { actor, reason }: { actor: Actor; reason: string },
): Promise<Patient | 'identity-number-taken'> {
  const changed = fields.filter((field) => correction[field] !== undefined && !isDeepStrictEqual(correction[field], before[field]));
  const after: Patient = { ...before, ...Object.fromEntries(changed.map((field) => [field, correction[field]])) };
  if (correction.phone !== undefined) await trx.updateTable('patient').set({ wrong_phone_key: null }).where('id', '=', before.id).execute();
  if (changed.length === 0) return before;
  try {
    await sql`savepoint correct_patient`.execute(trx);
    await trx
      .updateTable('patient')
      .set((eb) => ({
        name: after.name,
        sex: after.sex,
        birth_date: after.birthDate,
        ...identityColumns(after.identityNumber),
        phone: after.phone,
        channel: changed.includes('phone')
          ? channelAfterCorrection(before.channel, { before: before.phone, after: after.phone })
          : before.channel,
        address: after.address,
        contacts: JSON.stringify(after.contacts),
        team_id: after.teamId,
        allergies: JSON.stringify(after.allergies),
        version: eb('version', '+', 1),
      }))
      .where('id', '=', before.id)
      .execute();
    await sql`release savepoint correct_patient`.execute(trx);
  } catch (error) {
    await sql`rollback to savepoint correct_patient`.execute(trx);
    if (constraintOf(error) === 'patient_identity') return 'identity-number-taken';
    throw error;
  }
  await trx
    .insertInto('patient_change')
    .values(
      changed.map((field) => ({
        id: uuid(),
        patient_id: before.id,
        actor: JSON.stringify(actor),
        field,
        before: JSON.stringify(before[field] ?? null),
        after: JSON.stringify(correction[field] ?? null),
        reason,
      })),
    )
    .execute();
  const corrected = (await getPatient(trx, before.id)) as Patient;
  if (changed.includes('birthDate') || changed.includes('sex')) await publishPerson(trx, corrected, actor);
  return corrected;
}

/** Age and sex decide targets and risk, so whoever decides by them hears of it. A record that leads to another one says nothing of the person any more. */
async function publishPerson(trx: Trx, { id, version, birthDate, sex, mergedInto }: Patient, actor: Actor): Promise<void> {
  if (mergedInto !== null) return;
  await publishFact(trx, {
    type: 'person-corrected',
    messageId: `person-corrected:${id}:${version}`,
    addressee: { type: 'patient', patientId: id },
    institutionId: actor.institutionId,
    occurredAt: new Date(),
    input: { birthDate, sex },
  });
}

export interface PatientChange {
  at: Date;
  by: { id: string; name: string | null };
  field: CorrectedField;
  before: unknown;
  after: unknown;
  reason: string;
}

/** Newest first. */
export async function listPatientChanges(db: Database, patientId: string): Promise<PatientChange[]> {
  const { rows } = await sql<Omit<PatientChange, 'by'> & { personId: string; personName: string | null }>`
    select change.at, change.actor ->> 'personId' as "personId", person.name as "personName", field, before, after, reason
    from patient_change as change left join person on person.id = change.actor ->> 'personId'
    where patient_id = ${patientId} order by change.id desc`.execute(db);
  return rows.map(({ personId, personName, ...change }) => ({ ...change, by: { id: personId, name: personName } }));
}

/** Says whether a team is one of the institution. */
export async function isTeamOf(db: Database, teamId: string, institutionId: string): Promise<boolean> {
  const team = await db
    .selectFrom('team')
    .select('id')
    .where('id', '=', teamId)
    .where('institution_id', '=', institutionId)
    .executeTakeFirst();
  return team !== undefined;
}
