/** A read is audited once with its patients, and each patient's entries are found, those of old among them. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countBuffers } from '../../bench/support/count-buffers.ts';
import { appendAudit, auditRead, listAuditOfPatient } from '../../db/kit/audit.ts';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { testDatabase } from '../support/service/database.ts';

let url: string;
let db: Database;
beforeAll(async () => {
  url = await testDatabase();
  db = createDatabase(createPool(url));
});
afterAll(() => db.destroy());

const actor: Actor = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };
const read = (patientIds: string[], by = db, requestId: string = randomUUID()) =>
  auditRead(by, { actor, action: 'worklist.read', targetType: 'task', targetId: null, patientIds, requestId });

/** As the releases before this one audited a list: an entry for each patient. */
const readAsOfOld = (patientIds: string[], by = db) =>
  appendAudit(
    by,
    ...patientIds.map((patientId) => ({
      happenedAt: new Date(),
      actor,
      institutionId: actor.institutionId,
      action: 'worklist.read' as const,
      targetType: 'task',
      targetId: null,
      patientId,
      outcome: 'done' as const,
      code: null,
      requestId: randomUUID(),
    })),
  );

const twenty = (from: number) => Array.from({ length: 20 }, (_, n) => `patient-w${String(from + n).padStart(7, '0')}`);

test('a read that shows many is one entry that names each of them once; one that shows nobody leaves none', async () => {
  const written = async (patientIds: string[]) => {
    const requestId = randomUUID();
    await read(patientIds, db, requestId);
    return db.selectFrom('audit').select(['patient_id', 'patient_ids']).where('request_id', '=', requestId).execute();
  };
  expect(await written(['patient-b', 'patient-a', 'patient-b'])).toEqual([{ patient_id: null, patient_ids: ['patient-b', 'patient-a'] }]);
  expect(await written(['patient-a', 'patient-a'])).toEqual([{ patient_id: 'patient-a', patient_ids: null }]);
  expect(await written([])).toEqual([]);
});

test('an entry names one patient or several, never both', async () => {
  const insert = (one: string | null, many: string[] | null) =>
    sql`insert into audit (happened_at, actor, action, target_type, patient_id, patient_ids, outcome)
      values (now(), '{}', 'x', 'x', ${one}, ${many}::text[], 'done')`.execute(db);
  for (const [one, many] of [
    ['p', ['q', 'r']],
    [null, ['q']],
    [null, []],
  ] as const)
    await expect(insert(one, many && [...many])).rejects.toThrow(/audit_patients_once/);
});

test('what a patient was seen by is found, whether alone, among others or by a release of old: newest first, page by page', async () => {
  await readAsOfOld(['patient-p', 'patient-q']);
  await read(['patient-q', 'patient-p', 'patient-r']);
  await read(['patient-p']);
  await read(['patient-q', 'patient-r']);
  await read(['patient-r', 'patient-p']);
  const of = (patientId: string) =>
    db
      .selectFrom('audit')
      .select('id')
      .where(sql<boolean>`patient_id = ${patientId} or ${patientId} = any (patient_ids)`)
      .orderBy('id', 'desc')
      .execute();
  for (const [patientId, count] of [
    ['patient-p', 4],
    ['patient-q', 3],
    ['patient-r', 3],
    ['patient-none', 0],
  ] as const) {
    const expected = (await of(patientId)).map(({ id }) => id);
    expect(expected).toHaveLength(count);
    const found: string[] = [];
    for (let more = true; more; ) {
      const last = found.at(-1);
      const page = await listAuditOfPatient(db, patientId, { limit: 2, ...(last ? { before: last } : {}) });
      found.push(...page.map(({ id }) => id));
      more = page.length === 2;
    }
    expect(found).toEqual(expected);
  }
});

/** Bytes of the log that the statements of a call write. The least of five: a page that is touched first after a checkpoint is written whole. */
async function countWalBytes(write: (to: Database, time: number) => Promise<void>): Promise<number> {
  const pool = createPool(url, { connections: 1 });
  let bytes = 0;
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as unknown as (text: string, values: unknown[]) => Promise<{ rows: unknown[] }>;
    client.query = (async (text: string, values: unknown[]) => {
      const result = await query(`explain (analyze, wal, format json) ${text}`, values);
      const [{ 'QUERY PLAN': plans }] = result.rows as [{ 'QUERY PLAN': [{ Plan: { 'WAL Bytes': number } }] }];
      bytes += plans[0].Plan['WAL Bytes'];
      return { ...result, rows: [] };
    }) as unknown as typeof client.query;
  });
  const measured = createDatabase(pool);
  const counts: number[] = [];
  try {
    for (let time = 0; time < 5; time++) {
      bytes = 0;
      await write(measured, time);
      counts.push(bytes);
    }
    return Math.min(...counts);
  } finally {
    await measured.destroy();
  }
}

test('a list of twenty writes a quarter of the log that it wrote as twenty entries, and a patient among many is found by few buffers', async () => {
  await sql`
    insert into audit (happened_at, actor, institution_id, action, target_type, patient_ids, outcome, request_id)
    select now(), ${JSON.stringify(actor)}, 'inst-c01', 'worklist.read', 'task',
      array(select 'patient-w' || lpad(((n * 7919 + k * 104729) % 5000)::text, 7, '0') from generate_series(1, 20) as k), 'done', gen_random_uuid()
    from generate_series(1, 5000) as n`.execute(db);
  const once = await countWalBytes((to, time) => read(twenty(time * 20), to));
  const each = await countWalBytes((to, time) => readAsOfOld(twenty(time * 20), to));
  console.log(`WAL of a list of twenty: ${once} bytes as one entry, ${each} as twenty`);
  expect(once).toBeLessThan(2_200);
  expect(once).toBeLessThan(each / 4);
  await sql`vacuum analyze audit`.execute(db);
  const { result, buffers } = await countBuffers(url, (of) => listAuditOfPatient(of, 'patient-w0000777', { limit: 50 }));
  console.log(`entries of a patient: ${result.length} of 5,000 in ${buffers} buffers`);
  expect(result.length).toBeGreaterThan(10);
  expect(buffers).toBeLessThanOrEqual(100);
});
