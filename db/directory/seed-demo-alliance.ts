/** Fills an empty directory with the demo alliance and its accounts. */
import { hash } from '@node-rs/argon2';
import { sql } from 'kysely';
import { type DemoAlliance, generateDemoAlliance } from '../../domain/demo/alliance.ts';
import { beginDeployment } from '../administration/deployment.ts';
import { createDatabase, createPool, type Database } from '../kit/database.ts';
import { inTransaction } from '../kit/transaction.ts';
import { toPatientRow } from './patients.ts';
import { insertDemoSterileSupply } from './seed-demo-sterile-supply.ts';

/** The password of every demo account. */
export const demoPassword = 'carepath-demo';

export const demoSeed = 20_260_101;

const FIRST_CONFIGURATION_VERSION = 1;

const otherAlliance = 'The directory holds another alliance: the demo alliance goes only into an empty one.';

/**
 * Writes the demo alliance in one transaction; a directory that already holds it stays as it is, and gains the accounts and the things of sterile
 * supply that the demo alliance did not have when it was written.
 * Refuses a directory that holds another alliance: accounts with a known password have no place there.
 */
export async function seedDemoAlliance(databaseUrl: string): Promise<void> {
  // The time-out covers the wait for another process that is seeding.
  const db = createDatabase(createPool(databaseUrl, { connections: 1, statementTimeoutMs: 60_000 }));
  try {
    await inTransaction(db, { system: true, part: 'operator' }, async (trx) => {
      // Two processes that start at once: the second waits here, then finds the alliance.
      await sql`select pg_advisory_xact_lock(hashtext('carepath demo alliance'))`.execute(trx);
      if (!(await beginDeployment(trx, 'demo'))) throw new Error(otherAlliance);
      const alliance = generateDemoAlliance(demoSeed);
      if (!(await hasDemoAlliance(trx, alliance))) await insertAlliance(trx, alliance);
      else {
        await addAccounts(trx, alliance);
        await addAddresses(trx, alliance);
      }
      await insertDemoSterileSupply(trx, alliance.sterileSupply, sterileSupplyDepartmentOf(alliance));
    });
  } finally {
    await db.destroy();
  }
}

async function hasDemoAlliance(db: Database, { institutions }: DemoAlliance): Promise<boolean> {
  const present = new Set((await db.selectFrom('institution').select('id').execute()).map((row) => row.id));
  if (present.size === 0) return false;
  if (institutions.every((institution) => present.has(institution.id))) return true;
  throw new Error(otherAlliance);
}

const sterileSupplyDepartmentOf = ({ institutions }: DemoAlliance): string => {
  const department = institutions.find(({ kind }) => kind === 'sterile-supply-department');
  if (!department) throw new Error('The demo alliance has no sterile supply department.');
  return department.id;
};

/** Adds the people with an account that an alliance of an older start does not know yet. */
async function addAccounts(db: Database, { persons, posts }: DemoAlliance): Promise<void> {
  const known = new Set((await db.selectFrom('person').select('id').where('username', 'is not', null).execute()).map(({ id }) => id));
  const missing = persons.filter(({ id, username }) => username !== null && !known.has(id));
  if (missing.length === 0) return;
  await insertPersons(db, missing);
  const missingIds = new Set(missing.map(({ id }) => id));
  await insertPosts(
    db,
    posts.filter(({ personId }) => missingIds.has(personId)),
  );
}

/** Adds the addresses and telephone numbers that an alliance of an older start does not have yet. */
async function addAddresses(db: Database, { institutions }: DemoAlliance): Promise<void> {
  const rows = institutions.map(({ id, addressZh, addressEn, telephone }) => ({ id, addressZh, addressEn, telephone }));
  await sql`
    update institution set address_zh = given."addressZh", address_en = given."addressEn", telephone = given.telephone
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id text, "addressZh" text, "addressEn" text, telephone text)
    where institution.id = given.id and institution.address_zh is null and institution.telephone is null`.execute(db);
}

async function insertPersons(db: Database, persons: DemoAlliance['persons']): Promise<void> {
  // argon2id is the library's default. One hash for all: the password is public, so a salt an account
  // would protect nothing and cost a hash an account at every start of a demo.
  const passwordHash = await hash(demoPassword);
  await db
    .insertInto('person')
    .values(
      persons.map((person) => ({
        id: person.id,
        username: person.username,
        password_hash: person.username === null ? null : passwordHash,
        name: person.name,
        phone: person.phone,
        email: person.email,
        channel: person.channel,
      })),
    )
    .execute();
}

async function insertPosts(db: Database, posts: DemoAlliance['posts']): Promise<void> {
  await db
    .insertInto('post')
    .values(
      posts.map((post) => ({
        person_id: post.personId,
        institution_id: post.institutionId,
        department_id: post.departmentId,
        role: post.role,
      })),
    )
    .execute();
}

async function insertAlliance(db: Database, alliance: DemoAlliance): Promise<void> {
  const { institutions, departments, persons, posts, teams, patients, configuration } = alliance;

  await db
    .insertInto('institution')
    .values(
      institutions.map((institution) => ({
        id: institution.id,
        name_zh: institution.nameZh,
        name_en: institution.nameEn,
        tier: institution.tier,
        kind: institution.kind,
        address_zh: institution.addressZh,
        address_en: institution.addressEn,
        telephone: institution.telephone,
      })),
    )
    .execute();

  await db
    .insertInto('department')
    .values(
      departments.map((department) => ({
        id: department.id,
        institution_id: department.institutionId,
        code: department.code,
        name_zh: department.nameZh,
        name_en: department.nameEn,
        is_referral_desk: department.isReferralDesk,
      })),
    )
    .execute();

  await insertPersons(db, persons);
  await insertPosts(db, posts);

  await db
    .insertInto('team')
    .values(teams.map((team) => ({ id: team.id, institution_id: team.institutionId, name: team.name })))
    .execute();

  await db
    .insertInto('team_member')
    .values(teams.flatMap((team) => team.memberIds.map((personId) => ({ team_id: team.id, person_id: personId }))))
    .execute();

  await db.insertInto('patient').values(patients.map(toPatientRow)).execute();

  await db
    .insertInto('patient_local_id')
    .values(
      patients.flatMap((patient) =>
        patient.localIds.map((localId) => ({ system: localId.system, value: localId.value, patient_id: patient.id })),
      ),
    )
    .execute();

  await db
    .insertInto('alliance_configuration')
    .values({ version: FIRST_CONFIGURATION_VERSION, configuration: JSON.stringify(configuration) })
    .execute();
}
