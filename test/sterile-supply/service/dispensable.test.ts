/** Whether a pack may be dispensed: the rules outside and the gate inside of the database say the same, and the gate holds without its friendly check. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, createPool, type Database } from '../../../db/kit/database.ts';
import { refusalOfConstraint } from '../../../db/sterile-supply/constraint-refusals.ts';
import { findNotDispensable, loadDispensableGround } from '../../../db/sterile-supply/dispensable.ts';
import { resolvePacks } from '../../../db/sterile-supply/find-things.ts';
import { loadNormRules } from '../../../db/sterile-supply/norm-rules.ts';
import { reasonsAgainst } from '../../../domain/sterile-supply/dispensable.ts';
import { loadStatuses, packagings, packStatuses, rejectReasons } from '../../../domain/sterile-supply/vocabulary.ts';
import { insertLoad, insertPacks, insertSetType, moveThings } from '../../support/builders/supply-things.ts';
import { testSeed } from '../../support/seed.ts';
import { demoDatabase } from '../../support/service/database.ts';

const seed = testSeed;
const rules = loadNormRules('2026-03-09');
const centres = ['inst-c01', 'inst-c02', 'inst-c03'];

let db: Database;
/** Outside of a transaction every statement takes a connection of its own. */
let statements = 0;
let setTypeId: string;
beforeAll(async () => {
  const pool = createPool(await demoDatabase());
  pool.on('acquire', () => {
    statements += 1;
  });
  db = createDatabase(pool);
  setTypeId = await insertSetType(db);
});
afterAll(() => db?.destroy());

const centre = fc.constantFrom(...centres);
const drawnPack = fc.record({
  status: fc.constantFrom(...packStatuses),
  rejectReason: fc.constantFrom(...rejectReasons),
  packaging: fc.constantFrom(...packagings),
  implant: fc.boolean(),
  owner: fc.option(centre),
  expiresOn: fc.option(fc.constantFrom('2026-03-08', '2026-03-09', '2026-03-10')),
  outerCi: fc.option(fc.constantFrom('pass' as const, 'fail' as const)),
  labelPrint: fc.integer({ min: 0, max: 2 }),
  load: fc.option(
    fc.record({
      status: fc.constantFrom(...loadStatuses),
      bi: fc.option(fc.constantFrom('placed' as const, 'pass' as const, 'fail' as const, 'invalid' as const)),
      form: fc.option(fc.record({ holdsPack: fc.boolean(), institutionId: centre })),
    }),
  ),
  recall: fc.option(fc.record({ drill: fc.boolean(), status: fc.constantFrom('open' as const, 'closed' as const) })),
  breach: fc.option(fc.option(fc.boolean())),
  allocated: fc.option(centre),
  lies: fc.option(fc.constantFrom(...centres, 'inst-cssd')),
  asked: fc.record({ for: fc.option(centre), print: fc.option(fc.integer({ min: 1, max: 2 })) }),
});
type DrawnPack = typeof drawnPack extends fc.Arbitrary<infer T> ? T : never;

async function insertDrawn(drawn: DrawnPack): Promise<string> {
  const { load } = drawn;
  const loadId = load
    ? await insertLoad(db, { status: load.status, started_at: load.status === 'planned' ? null : new Date('2026-03-08T00:00:00Z') })
    : null;
  const gone = drawn.status === 'rejected';
  const [packId = ''] = await insertPacks(db, setTypeId, 1, {
    status: drawn.status,
    reject_reason: gone ? drawn.rejectReason : null,
    packaging: drawn.packaging,
    implant: drawn.implant,
    owner_institution_id: drawn.owner,
    expires_on: drawn.expiresOn,
    outer_ci: drawn.outerCi,
    label_print: drawn.labelPrint,
    load_id: loadId,
    allocated_institution_id: drawn.allocated,
  });
  if (load?.bi)
    await db
      .insertInto('load_indicator')
      .values({ id: uuid(), load_id: loadId as string, kind: 'bi', product: 'x', lot: 'x', status: load.bi })
      .execute();
  if (load?.form)
    await db
      .updateTable('steriliser_load')
      .set({ emergency: JSON.stringify({ packIds: load.form.holdsPack ? [packId] : ['another'], institutionId: load.form.institutionId }) })
      .where('id', '=', loadId)
      .execute();
  if (drawn.recall) await insertRecall(packId, drawn.recall);
  if (drawn.breach !== null) await insertBreach(packId, drawn.breach);
  const { lies } = drawn;
  if (lies !== null)
    await moveThings(db, 'pack', [packId], { type: lies === 'inst-cssd' ? 'cssd' : 'centre', id: lies }, new Date('2026-03-09T01:00:00Z'));
  return packId;
}

async function insertRecall(packId: string, { drill, status }: { drill: boolean; status: 'open' | 'closed' }): Promise<void> {
  const loadId = await insertLoad(db);
  const { steriliser_id } = await db
    .selectFrom('steriliser_load')
    .select('steriliser_id')
    .where('id', '=', loadId)
    .executeTakeFirstOrThrow();
  const recallId = uuid();
  await db
    .insertInto('recall')
    .values({ id: recallId, status, drill, policy: 'cn-ws310', steriliser_id, reason: 'x', opened_by: '{}' })
    .execute();
  // A closed recall has no open line.
  const state = status === 'closed' ? ({ state: 'ended', end: 'retrieved' } as const) : ({ state: 'open' } as const);
  await db
    .insertInto('recall_line')
    .values({ id: uuid(), recall_id: recallId, pack_id: packId, holder_type: 'cssd', holder_id: 'inst-cssd', ...state })
    .execute();
}

async function insertBreach(packId: string, accepted: boolean | null): Promise<void> {
  const breachId = uuid();
  await db.insertInto('climate_breach').values({ id: breachId, institution_id: 'inst-c01', started_at: new Date() }).execute();
  await db.insertInto('breach_pack').values({ breach_id: breachId, pack_id: packId, exposed_at: new Date(), accepted }).execute();
}

async function askDatabase(packId: string, { for: institutionId, print }: DrawnPack['asked'], at: Date): Promise<string[]> {
  const { rows } = await sql<{ refusals: string[] }>`
    select pack_refusals(${packId}, ${institutionId}::text, ${at}::timestamptz, ${print}::integer) as refusals`.execute(db);
  return rows[0]?.refusals ?? [];
}

test('the database refuses exactly what the rules refuse, for the same reasons in the same order', { timeout: 120_000 }, async () => {
  const at = new Date('2026-03-09T04:00:00Z');
  await fc.assert(
    fc.asyncProperty(drawnPack, async (drawn) => {
      const packId = await insertDrawn(drawn);
      const ground = (await loadDispensableGround(db, [packId])).get(packId);
      if (!ground) throw new Error('The pack has no ground.');
      const codes = reasonsAgainst(ground, { ...drawn.asked, at: at.getTime() }, rules).map(({ code }) => code);
      expect(await askDatabase(packId, drawn.asked, at)).toEqual(codes);
    }),
    { seed, numRuns: 150 },
  );
});

test('a pack that must not be dispensed gets no further, even when nobody asks before', async () => {
  const [expired = '', good = ''] = [
    ...(await insertPacks(db, setTypeId, 1, { expires_on: '2026-03-08' })),
    ...(await insertPacks(db, setTypeId, 1, { expires_on: '2026-03-09' })),
  ];
  const allocate = (id: string) =>
    db
      .updateTable('pack')
      .set({ status: 'allocated', allocated_institution_id: 'inst-c01', status_since: new Date('2026-03-09T04:00:00Z') })
      .where('id', '=', id)
      .execute();
  await allocate(good);
  const error: unknown = await allocate(expired).catch((thrown: unknown) => thrown);
  expect(refusalOfConstraint(error)).toMatchObject({
    code: 'pack-not-dispensable',
    members: { packs: [{ packId: expired, reasons: [{ code: 'expired', clause: 'WS 310.2 5.9.5' }] }] },
  });
});

test('what a scan has observed passes the gate', async () => {
  const [expired = ''] = await insertPacks(db, setTypeId, 1, { status: 'on-vehicle', expires_on: '2026-03-08' });
  await db
    .updateTable('pack')
    .set({ status: 'at-centre', status_since: new Date('2026-03-09T04:00:00Z'), observed_by: uuid() })
    .where('id', '=', expired)
    .execute();
  const row = await db.selectFrom('pack').select('status').where('id', '=', expired).executeTakeFirst();
  expect(row?.status).toBe('at-centre');
});

test('200 packs are found by what their labels show and judged, each with one statement', async () => {
  const ids = await insertPacks(db, setTypeId, 200, { expires_on: '2026-03-08', nominal_expires_on: '2026-03-08' });
  const before = statements;
  const found = await resolvePacks(
    db,
    ids.map((id) => `${id}-1`),
    'packIds',
  );
  expect(found).toEqual(ids.map((id) => ({ id, print: 1 })));
  expect(statements).toBe(before + 1);
  const refused = await findNotDispensable(db, found, { for: 'inst-c01', at: new Date('2026-03-09T04:00:00Z') });
  expect(statements).toBe(before + 2);
  expect(refused.map(({ packId }) => packId)).toEqual(ids);
});
