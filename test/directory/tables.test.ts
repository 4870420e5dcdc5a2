import { verify } from '@node-rs/argon2';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadAllianceConfiguration } from '../../db/directory/alliance-configuration.ts';
import {
  findAccount,
  findInstitution,
  findPerson,
  listDepartments,
  listInstitutions,
  listStaff,
  type Page,
  type Slice,
} from '../../db/directory/directory.ts';
import { getPatient, searchPatients } from '../../db/directory/patients.ts';
import { demoPassword, demoSeed, seedDemoAlliance } from '../../db/directory/seed-demo-alliance.ts';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { generateDemoAlliance } from '../../domain/demo/alliance.ts';
import { demoAccounts } from '../../domain/demo/staff.ts';
import { directoryTables, everyRow, newDatabase } from '../support/builders/directory-tables.ts';
import { testDatabase } from '../support/service/database.ts';

const alliance = generateDemoAlliance(demoSeed);
/** A seeded database that no test writes to. */
let demo: Database;

beforeAll(async () => {
  const url = await testDatabase();
  await seedDemoAlliance(url);
  demo = createDatabase(createPool(url));
});

afterAll(() => demo.destroy());

describe('the demo alliance', () => {
  test('is written whole', async () => {
    const supply = alliance.sterileSupply;
    const things = [supply.setInstances, supply.vehicles, supply.boxes, supply.washers, supply.sterilisers].flat().length;
    const expected = {
      institution: alliance.institutions.length,
      department: alliance.departments.length,
      person: alliance.persons.length,
      post: alliance.posts.length,
      team: alliance.teams.length,
      team_member: alliance.teams.flatMap((team) => team.memberIds).length,
      patient: alliance.patients.length,
      patient_local_id: alliance.patients.flatMap((patient) => patient.localIds).length,
      alliance_configuration: 1,
      set_type: supply.setTypes.length,
      set_instance: supply.setInstances.length,
      vehicle: supply.vehicles.length,
      transport_box: supply.boxes.length,
      washer: supply.washers.length,
      steriliser: supply.sterilisers.length,
      // the department itself is one of the places, because every round begins there
      supply_centre: supply.centres.length + 1,
      supply_event: things,
      custody: things,
    };
    for (const table of directoryTables) {
      const { count } = await demo
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .executeTakeFirstOrThrow();
      expect(Number(count), table).toBe(expected[table]);
    }
  });

  test('an alliance that was written before there was sterile supply gains it, and the accounts that came with it', async () => {
    const { db, url } = await newDatabase();
    await sql`alter table supply_event disable trigger all; alter table custody disable trigger all`.execute(db);
    for (const table of [
      'custody',
      'supply_event',
      'set_instance',
      'set_type',
      'transport_box',
      'vehicle',
      'washer',
      'steriliser',
      'supply_centre',
    ])
      await sql`delete from ${sql.table(table)}`.execute(db);
    await sql`alter table supply_event enable trigger all; alter table custody enable trigger all`.execute(db);
    for (const table of ['team_member', 'post'] as const)
      await db.deleteFrom(table).where('person_id', 'like', 'person-nurse-c%').execute();
    await db.deleteFrom('person').where('id', 'like', 'person-nurse-c%').execute();
    await seedDemoAlliance(url);
    expect(await findAccount(db, 'nurse-c07')).toMatchObject({ posts: [expect.objectContaining({ institutionId: 'inst-c07' })] });
    const { count } = await db
      .selectFrom('custody')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('until', 'is', null)
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBeGreaterThan(alliance.sterileSupply.setInstances.length);
  });

  test('seeding again changes no row', async () => {
    const { db, url } = await newDatabase();
    const before = await everyRow(db);
    await seedDemoAlliance(url);
    expect(await everyRow(db)).toEqual(before);
  });

  test('processes that seed at the same time leave one alliance, and none of them fails', async () => {
    const { db, url } = await newDatabase({ seeded: false });
    await Promise.all([seedDemoAlliance(url), seedDemoAlliance(url), seedDemoAlliance(url)]);
    const { items } = await searchPatients(db, { page: { limit: 1_000 } });
    expect(items).toHaveLength(alliance.patients.length);
  });

  test('never goes into the directory of another alliance', async () => {
    const { db, url } = await newDatabase({ seeded: false });
    await db
      .insertInto('institution')
      .values({ id: 'inst-real', name_zh: '医院', name_en: 'Hospital', tier: 'tertiary', kind: 'hospital' })
      .execute();
    const before = await everyRow(db);
    await expect(seedDemoAlliance(url)).rejects.toThrow('another alliance');
    expect(await everyRow(db)).toEqual(before);
  });

  test('a seeding that fails at its last row leaves nothing behind', async () => {
    const { db, url } = await newDatabase({ seeded: false });
    await db.insertInto('alliance_configuration').values({ version: 1, configuration: '{}' }).execute();
    const before = await everyRow(db);
    await expect(seedDemoAlliance(url)).rejects.toThrow('alliance_configuration_pkey');
    expect(await everyRow(db)).toEqual(before);
  });
});

describe('lists', () => {
  async function walk<T>(list: (page: Page) => Promise<Slice<T>>, limit: number): Promise<T[]> {
    const all: T[] = [];
    for (let page: Page | undefined = { limit }; page; ) {
      const { items, next }: Slice<T> = await list(page);
      expect(items.length).toBeLessThanOrEqual(limit);
      all.push(...items);
      page = next === null ? undefined : { limit, after: next };
    }
    return all;
  }

  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

  test('pages of any size show every row once, in the order of the ids', async () => {
    const patientIds = alliance.patients.map((patient) => patient.id).sort();
    for (const limit of [7, 100, 299, 300, 301]) {
      const patients = await walk((page) => searchPatients(demo, { page }), limit);
      expect(patients.map((patient) => patient.id)).toEqual(patientIds);
    }
    expect(await walk((page) => listInstitutions(demo, page), 10)).toEqual([...alliance.institutions].sort(byId));
    expect(await walk((page) => listDepartments(demo, {}, page), 10)).toHaveLength(alliance.departments.length);
    expect(await walk((page) => listStaff(demo, {}, page), 50)).toHaveLength(alliance.persons.length);
  });

  test('a full page that is also the last one says so', async () => {
    const count = alliance.institutions.length;
    expect((await listInstitutions(demo, { limit: count })).next).toBeNull();
    expect((await listInstitutions(demo, { limit: count - 1 })).next).not.toBeNull();
  });

  test('the departments of an institution, with its referral desk', async () => {
    const { items } = await listDepartments(demo, { institutionId: 'inst-c02' }, { limit: 50 });
    expect(items).toEqual([
      {
        id: 'dept-c02-general-practice',
        institutionId: 'inst-c02',
        code: 'general-practice',
        nameZh: '全科',
        nameEn: 'General practice',
        isReferralDesk: true,
      },
    ]);
  });

  test('staff by institution and role are those who hold this role there, not this role elsewhere', async () => {
    const at = async (institutionId: string, role: string) =>
      (await listStaff(demo, { institutionId, role }, { limit: 200 })).items.map((member) => member.id);
    expect(await at('inst-c03', 'gp')).toContain('person-multipost');
    expect(await at('inst-c03', 'specialist')).toEqual([]);
    expect(await at('inst-h1', 'gp')).toEqual([]);
    expect(await at('inst-h1', 'desk')).toEqual(['person-desk', 'person-h1-referral-desk-desk-2']);
  });

  test('a member of staff comes once, with all posts', async () => {
    const { items } = await listStaff(demo, {}, { limit: 1_000 });
    expect(items.filter((member) => member.id === 'person-multipost')).toEqual([
      {
        id: 'person-multipost',
        name: expect.any(String),
        posts: [
          { institutionId: 'inst-c03', departmentId: 'dept-c03-general-practice', role: 'gp' },
          { institutionId: 'inst-h1', departmentId: 'dept-h1-endocrinology', role: 'specialist' },
        ],
      },
    ]);
  });
});

describe('accounts', () => {
  test('every demo account opens with the demo password and stands at its post', async () => {
    for (const { username, role, departmentId } of demoAccounts) {
      const account = await findAccount(demo, username);
      expect(account?.id, username).toBe(`person-${username}`);
      expect(account?.posts).toContainEqual(expect.objectContaining({ role, departmentId }));
    }
    const hash = (await findAccount(demo, 'gp'))?.passwordHash ?? '';
    expect(hash).toMatch(/^\$argon2id\$/);
    expect(await verify(hash, demoPassword)).toBe(true);
    expect(await verify(hash, 'carepath-Demo')).toBe(false);
  });

  test('there is none for an unknown or differently written name', async () => {
    for (const username of ['', 'GP', 'gp ', 'gp\0', '%', 'person-gp', "' or true --"]) {
      expect(await findAccount(demo, username), username).toBeUndefined();
    }
  });

  test('somebody who has left cannot sign in and is not listed, but old records still show the name', async () => {
    const { db } = await newDatabase();
    await db.updateTable('person').set({ active: false }).where('id', '=', 'person-nurse').execute();
    expect(await findAccount(db, 'nurse')).toBeUndefined();
    const { items } = await listStaff(db, { institutionId: 'inst-c01', role: 'nurse' }, { limit: 50 });
    expect(items.map((member) => member.id)).toEqual(['person-c01-general-practice-nurse-2']);
    expect(await findPerson(db, 'person-nurse')).toMatchObject({ active: false, name: expect.any(String) });
  });

  test('a person is shown without the password', async () => {
    expect(await findPerson(demo, 'person-gp')).toEqual({
      id: 'person-gp',
      name: expect.any(String),
      active: true,
      phone: expect.stringMatching(/^154/),
      email: 'gp@alliance.invalid',
      channel: 'sms',
      posts: [{ institutionId: 'inst-c01', departmentId: 'dept-c01-general-practice', role: 'gp' }],
    });
  });
});

describe('the configuration', () => {
  test('is the newest version', async () => {
    const { db } = await newDatabase();
    expect(await loadAllianceConfiguration(db)).toEqual({ version: 1, configuration: alliance.configuration });
    const changed = { referral: { ...alliance.configuration.referral, rungPercents: [100] } };
    await db
      .insertInto('alliance_configuration')
      .values({ version: 10, configuration: JSON.stringify(changed) })
      .execute();
    await db.insertInto('alliance_configuration').values({ version: 9, configuration: '{}' }).execute();
    expect(await loadAllianceConfiguration(db)).toEqual({ version: 10, configuration: changed });
  });

  test('is absent from an empty database', async () => {
    const { db } = await newDatabase({ seeded: false });
    expect(await loadAllianceConfiguration(db)).toBeUndefined();
  });
});

test('an id or a cursor that cannot be stored is answered like any unknown one', async () => {
  const impossible = 'inst-\0c01';
  const page = { limit: 10 };
  expect(await findInstitution(demo, impossible)).toBeUndefined();
  expect(await findPerson(demo, impossible)).toBeUndefined();
  expect(await findAccount(demo, impossible)).toBeUndefined();
  expect(await getPatient(demo, impossible)).toBeUndefined();
  expect((await listDepartments(demo, { institutionId: impossible }, page)).items).toEqual([]);
  expect((await listStaff(demo, { institutionId: impossible, role: impossible }, page)).items).toEqual([]);
  expect((await listInstitutions(demo, { limit: 10, after: impossible })).items).toBeInstanceOf(Array);
  expect((await searchPatients(demo, { query: impossible, page: { limit: 10, after: impossible } })).items).toEqual([]);
});

test('an institution is found by its id', async () => {
  expect(await findInstitution(demo, 'inst-cssd')).toEqual({
    ...alliance.institutions.find(({ id }) => id === 'inst-cssd'),
    closedAt: null,
  });
  expect(await findInstitution(demo, 'inst-none')).toBeUndefined();
});
