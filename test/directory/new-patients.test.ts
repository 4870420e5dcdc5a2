/** A patient who is entered into the directory: once, with all local ids, or not at all. */
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { createPatient, getPatient, type NewPatient, searchPatients } from '../../db/directory/patients.ts';
import { demoSeed } from '../../db/directory/seed-demo-alliance.ts';
import type { Database } from '../../db/kit/database.ts';
import { generateDemoAlliance } from '../../domain/demo/alliance.ts';
import { everyRow, newDatabase } from '../support/builders/directory-tables.ts';

const alliance = generateDemoAlliance(demoSeed);

function newPatient(changes: Partial<NewPatient> = {}): NewPatient {
  return {
    id: 'patient-new',
    name: '赵𬱖',
    birthDate: '1944-02-29',
    sex: 'male',
    homeInstitutionId: 'inst-c05',
    teamId: 'team-c05',
    phone: '15400000000',
    contacts: [{ name: '赵丽', relation: 'child', phone: '15400000001' }],
    channel: 'paper',
    localIds: [
      { system: 'urn:carepath:demo:his-h2', value: 'new-2' },
      { system: 'urn:carepath:demo:his-h1', value: 'new-1' },
    ],
    ...changes,
  };
}

describe('a new patient', () => {
  const create = (db: Database, patient: NewPatient) => db.transaction().execute((trx) => createPatient(trx, patient));

  test('is written with the local ids', async () => {
    const { db } = await newDatabase();
    const result = await create(db, newPatient());
    const [contact] = newPatient().contacts;
    const patient = {
      ...newPatient(),
      contacts: [{ id: expect.any(String), ...contact }],
      address: null,
      identityNumber: null,
      allergies: [],
      diedOn: null,
      mergedInto: null,
      localIds: [...newPatient().localIds].reverse(),
      version: 1,
    };
    expect(result).toEqual({ created: true, patient });
    expect(await getPatient(db, 'patient-new')).toEqual(patient);
  });

  test('may have no local id, or one that is named twice', async () => {
    const { db } = await newDatabase();
    const localId = { system: 'urn:carepath:demo:his-h1', value: 'twice' };
    expect(await create(db, newPatient({ id: 'patient-a', localIds: [] }))).toMatchObject({ created: true });
    expect(await create(db, newPatient({ id: 'patient-b', localIds: [localId, { ...localId }] }))).toMatchObject({
      created: true,
      patient: { localIds: [localId] },
    });
  });

  test('with a local id of somebody else is not written, and the transaction goes on', async () => {
    const { db } = await newDatabase();
    const taken = alliance.patients[0]?.localIds[0] ?? { system: '', value: '' };
    const before = await everyRow(db);
    const free = { system: taken.system, value: 'free' };
    await db.transaction().execute(async (trx) => {
      expect(await createPatient(trx, newPatient({ localIds: [free, taken] }))).toEqual({
        created: false,
        reason: 'local-id-taken',
        taken: [taken],
      });
      expect(await getPatient(trx, 'patient-new')).toBeUndefined();
      expect(await createPatient(trx, newPatient({ id: 'patient-next', localIds: [free] }))).toMatchObject({ created: true });
    });
    const written = (await everyRow(db)).filter((row) => !before.includes(row));
    expect(written).toHaveLength(2);
    for (const row of written) expect(row).toContain('patient-next');
  });

  test('at a home that the alliance does not know is not written', async () => {
    const { db } = await newDatabase();
    const before = await everyRow(db);
    expect(await create(db, newPatient({ homeInstitutionId: 'inst-c40', teamId: null }))).toEqual({
      created: false,
      reason: 'home-institution-unknown',
    });
    expect(await everyRow(db)).toEqual(before);
  });

  test('whom ten desks enter at once with the same local ids is written once', async () => {
    const { db } = await newDatabase();
    const results = await Promise.all(Array.from({ length: 10 }, (_, n) => create(db, newPatient({ id: `patient-new-${n}` }))));
    expect(results.filter((result) => result.created)).toHaveLength(1);
    for (const result of results) {
      if (!result.created) expect(result).toMatchObject({ reason: 'local-id-taken', taken: { length: 2 } });
    }
    const { items } = await searchPatients(db, { query: 'new-1', page: { limit: 10 } });
    expect(items).toHaveLength(1);
  });

  test('whom two desks enter with the local ids in opposite order does not leave them in a deadlock', async () => {
    const { db } = await newDatabase();
    const localIds = ['a', 'b', 'c'].map((value) => ({ system: 'urn:carepath:demo:his-h1', value }));
    // A third desk holds the id in the middle, so that each of the two has come half-way when it has to wait.
    const third = await db.startTransaction().execute();
    await createPatient(third, newPatient({ localIds: localIds.slice(1, 2) }));
    const two = [
      create(db, newPatient({ id: 'patient-x', localIds })),
      create(db, newPatient({ id: 'patient-y', localIds: [...localIds].reverse() })),
    ];
    const waiting = sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await waiting.execute(db)).rows).toEqual([{ n: 2 }]);
    await third.rollback().execute();
    const results = await Promise.all(two);
    expect(results.filter((result) => result.created)).toHaveLength(1);
    expect(results).toContainEqual({ created: false, reason: 'local-id-taken', taken: localIds });
  });

  test('any other failure is an error, not an answer', async () => {
    const { db } = await newDatabase();
    await expect(create(db, newPatient({ id: 'patient-0001' }))).rejects.toThrow('patient_pkey');
    await expect(create(db, newPatient({ teamId: 'team-none' }))).rejects.toThrow('patient_team_id_fkey');
  });
});
