/** The audit proves itself: each institution's entries in one unbroken chain, whatever is done to them in the database found where it was done. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type AuditKey, makeCheckpoints } from '../../db/audit/checkpoints.ts';
import { sealAudit, sealBatch } from '../../db/audit/seal.ts';
import { loadAuditKeys, verifyDatabase } from '../../db/audit/verify-database.ts';
import { appendAudit } from '../../db/kit/audit.ts';
import { createDatabase, createPool, type Database } from '../../db/kit/database.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { auditKeyOf } from '../../platform/audit-key.ts';
import { runCommandLine } from '../../worker/command-line.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { testDatabase } from '../support/service/database.ts';
import { type Service, startService } from '../support/service/service.ts';

const key: AuditKey = auditKeyOf({ CAREPATH_TOKEN_SECRET: 'a secret of tests, long enough for it', CAREPATH_AUDIT_KEY: undefined });

const entryOf = (institutionId: string | null, n: number) => ({
  happenedAt: new Date(),
  actor: institutionId === null ? ({ system: true } as const) : { personId: 'person-gp', institutionId, role: 'gp' as const },
  institutionId: institutionId ?? 'inst-c01',
  action: 'referral.read' as const,
  targetType: 'referral',
  targetId: `referral-${n}`,
  patientId: 'patient-1',
  outcome: 'done' as const,
  code: null,
  requestId: randomUUID(),
});

describe('in the database', () => {
  let pool: pg.Pool;
  let db: Database;
  beforeEach(async () => {
    pool = createPool(await testDatabase());
    db = createDatabase(pool);
    onTestFinished(() => db.destroy());
  });

  const verify = async () => verifyDatabase(db, await loadAuditKeys(db));

  /** As whoever holds the database, with the triggers out of the way. */
  const tamper = (statement: string) => pool.query(`begin; set local session_replication_role = replica; ${statement}; commit`);

  async function fill(entries = 20): Promise<void> {
    for (let n = 0; n < entries; n += 1) await appendAudit(db, entryOf(n % 4 === 3 ? null : n % 2 === 0 ? 'inst-c01' : 'inst-h1', n));
    await sealAudit(db);
    await makeCheckpoints(db, key, new Date());
    await appendAudit(db, entryOf('inst-c01', entries));
    await sealAudit(db);
  }

  test('many who write and several who seal at once leave chains without a gap, by who acted', async () => {
    await Promise.all([
      ...Array.from({ length: 60 }, (_, n) => appendAudit(db, entryOf(n % 3 === 0 ? null : `inst-${n % 3}`, n))),
      ...Array.from({ length: 5 }, () => inTransaction(db, { system: true, part: 'audit-sealer' }, sealBatch)),
    ]);
    await sealAudit(db);
    const { rows } = await sql<{ chain: string; entries: number; last: number; own: boolean }>`
      select chain, count(*)::int as entries, max(seq)::int as last, bool_and(chain = coalesce(actor ->> 'institutionId', '')) as own
      from audit_seal join audit on id = audit_id group by chain order by chain`.execute(db);
    expect(rows.filter(({ own }) => !own)).toEqual([]);
    for (const { entries, last } of rows) expect(last).toBe(entries);
    expect(rows.map(({ chain }) => chain)).toEqual(expect.arrayContaining(['', 'inst-1', 'inst-2']));
    expect(await verify()).toMatchObject({ whole: true });
    expect(await sql`select from audit_unsealed`.execute(db)).toMatchObject({ rows: [] });
  });

  test('a transaction that becomes visible late is sealed behind those that were quicker', async () => {
    let commit = () => {};
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let written = () => {};
    const isWritten = new Promise<void>((resolve) => {
      written = resolve;
    });
    const slow = inTransaction(db, { system: true, part: 'operator' }, async (trx) => {
      await appendAudit(trx, entryOf('inst-c01', 1));
      written();
      await held;
    });
    await isWritten;
    await appendAudit(db, entryOf('inst-c01', 2));
    await sealAudit(db);
    commit();
    await slow;
    await sealAudit(db);
    const { rows } = await sql<{ target_id: string }>`
      select target_id from audit_seal join audit on id = audit_id where chain = 'inst-c01' order by seq desc limit 2`.execute(db);
    expect(rows.map(({ target_id }) => target_id)).toEqual(['referral-1', 'referral-2']);
    expect(await verify()).toMatchObject({ whole: true });
  });

  test('entries of before there was a chain are sealed first', async () => {
    await fill(8);
    await tamper('delete from audit_checkpoint; delete from audit_seal; insert into audit_backlog select min(id), max(id) from audit');
    await appendAudit(db, entryOf('inst-c01', 99));
    await sealAudit(db);
    const { rows } = await sql<{ target_id: string }>`
      select target_id from audit_seal join audit on id = audit_id where chain = 'inst-c01' order by seq desc limit 1`.execute(db);
    expect(rows).toEqual([{ target_id: 'referral-99' }]);
    expect(await verify()).toMatchObject({ whole: true });
  });

  const ofThird = "(select audit_id from audit_seal where chain = 'inst-c01' and seq = 3)";
  test.each([
    [
      'an instant by a microsecond',
      `update audit set recorded_at = recorded_at + interval '1 microsecond' where id = ${ofThird}`,
      'changed',
    ],
    ['who acted', `update audit set actor = actor || '{"role": "head"}' where id = ${ofThird}`, 'changed'],
    ['the patient', `update audit set patient_id = 'patient-2' where id = ${ofThird}`, 'changed'],
    ['the outcome', `update audit set outcome = 'denied' where id = ${ofThird}`, 'changed'],
    ['the institution', `update audit set institution_id = null where id = ${ofThird}`, 'changed'],
    ['a hash', `update audit_seal set hash = set_bit(hash, 7, 1 - get_bit(hash, 7)) where audit_id = ${ofThird}`, 'changed'],
    ['an entry away', `delete from audit where id = ${ofThird}`, 'missing'],
    ['an entry with its seal', `delete from audit_seal where audit_id = ${ofThird}`, 'missing'],
  ])('changes %s: found there', async (_, statement, flaw) => {
    await fill();
    await tamper(statement);
    expect(await verify()).toMatchObject({ whole: false, flaw, institutionId: 'inst-c01', seq: 3 });
  });

  test('two entries that changed places have moved', async () => {
    await fill();
    const { rows } = await sql<{ audit_id: string }>`
      select audit_id from audit_seal where chain = 'inst-c01' and seq in (3, 4) order by seq`.execute(db);
    const [third, fourth] = rows.map(({ audit_id }) => audit_id);
    await tamper(`alter table audit_seal drop constraint audit_seal_pkey;
      update audit_seal set audit_id = case audit_id when ${third} then ${fourth}::bigint else ${third}::bigint end where audit_id in (${third}, ${fourth})`);
    expect(await verify()).toMatchObject({ whole: false, flaw: 'moved', institutionId: 'inst-c01', seq: 3 });
  });

  test('an end that was cut off contradicts its checkpoint', async () => {
    await fill();
    const ended = await sql<{ seq: number }>`select max(seq)::int as seq from audit_checkpoint where chain = 'inst-h1'`.execute(db);
    const last = ended.rows[0]?.seq as number;
    await tamper(`delete from audit_seal where chain = 'inst-h1' and seq >= ${last}`);
    expect(await verify()).toMatchObject({ whole: false, flaw: 'missing', institutionId: 'inst-h1', seq: last });
  });

  test('an entry that was put in without a seal is named', async () => {
    await fill();
    await tamper(`insert into audit (happened_at, actor, action, target_type, outcome) values (now(), '{}', 'x', 'x', 'done')`);
    expect(await verify()).toMatchObject({ whole: false, flaw: 'missing', institutionId: null });
  });

  test('a chain that was computed anew after a change contradicts its checkpoint', async () => {
    await fill();
    await tamper(`update audit set patient_id = 'patient-2' where id = ${ofThird};
      delete from audit_seal; insert into audit_unsealed select id from audit`);
    await sealAudit(db);
    expect(await verify()).toMatchObject({ whole: false, flaw: 'checkpoint', institutionId: 'inst-c01' });
  });

  test('seals, checkpoints and keys cannot be changed or taken away', async () => {
    await fill(4);
    for (const table of ['audit_seal', 'audit_checkpoint', 'audit_key']) {
      await expect(pool.query(`delete from ${table}`)).rejects.toThrow('never changed');
      await expect(pool.query(`truncate ${table}`)).rejects.toThrow('never changed');
    }
    await expect(sql`update audit_seal set hash = previous_hash`.execute(db)).rejects.toThrow('never changed');
  });

  test('a checkpoint is made once for each end of a chain', async () => {
    await fill(8);
    await makeCheckpoints(db, key, new Date());
    expect(await makeCheckpoints(db, key, new Date())).toEqual([]);
    await appendAudit(db, entryOf('inst-h1', 9));
    await sealAudit(db);
    expect((await makeCheckpoints(db, key, new Date())).map(({ institutionId }) => institutionId)).toEqual(['inst-h1']);
  });
});

describe('through the service', () => {
  let service: Service;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carepath-audit-'));
    service = await startService();
  });
  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const period = { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
  const query = (more: Record<string, string>) => new URLSearchParams(more).toString();

  async function run(...args: string[]): Promise<{ exitCode: number; said: string }> {
    let said = '';
    const out = { write: (text: string) => (said += text) };
    const exitCode = await runCommandLine(['audit', 'verify', ...args], {
      environment: { DATABASE_URL: service.databaseUrl },
      out,
      err: out,
    });
    return { exitCode, said };
  }

  test('an export is whole with the keys of the service, one byte less is named, and the command line says so', async () => {
    const created = await service.post('gp', '/v1/referrals', await newReferral(service));
    expect(created.status).toBe(201);
    const answer = await service.get('auditor', `/v1/audit/export?${query(period)}`);
    expect(answer.status).toBe(200);
    const text = String(answer.body);
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.filter(({ signature }) => signature === undefined).length).toBeGreaterThan(1);
    expect(rows.filter(({ signature }) => signature !== undefined).length).toBeGreaterThan(1);
    const [file, keys] = [join(folder, 'audit.ndjson'), join(folder, 'keys.json')];
    await writeFile(file, text);
    await writeFile(keys, JSON.stringify((await service.get('gp', '/v1/keys')).body));
    expect(await run(file, '--keys', keys)).toMatchObject({ exitCode: 0, said: expect.stringMatching(/^WHOLE: \d+ entries/) });
    expect(await run('--database', '--keys', keys)).toMatchObject({ exitCode: 0, said: expect.stringMatching(/^WHOLE/) });
    await writeFile(file, text.replace('"role":"gp"', '"role":"gq"'));
    expect(await run(file, '--keys', keys)).toMatchObject({
      exitCode: 1,
      said: expect.stringMatching(/^BROKEN at line \d+, chain inst-c01/),
    });
  });

  test('an institution’s export holds its chain alone, a period what was written in it', async () => {
    const answer = await service.get('auditor', `/v1/audit/export?${query({ ...period, institutionId: 'inst-c01' })}`);
    const chains = new Set(
      String(answer.body)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).institutionId),
    );
    expect(chains).toEqual(new Set(['inst-c01']));
    const early = await service.get('auditor', `/v1/audit/export?${query({ from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' })}`);
    expect(early).toMatchObject({ status: 200, body: '' });
    const backwards = await service.get('auditor', `/v1/audit/export?${query({ from: period.to, to: period.from })}`);
    expect(backwards).toMatchObject({ status: 422, body: { errors: [{ path: 'to' }] } });
  });

  test('the auditor finds who looked at whom; a head sees what concerns their own centre; others see nothing; looking is a look', async () => {
    const { body: referral } = await service.post('gp', '/v1/referrals', await newReferral(service));
    await service.get('specialist', `/v1/referrals/${referral.id}`);
    const of = (more: Record<string, string>) => service.get('auditor', `/v1/audit?${query(more)}`);
    const reads = await of({ targetId: referral.id, outcome: 'read' });
    expect(reads.status).toBe(200);
    expect(reads.body.items).toEqual([
      expect.objectContaining({ action: 'referral.read', outcome: 'read', target: { type: 'referral', id: referral.id }, because: [] }),
    ]);
    const { personId } = reads.body.items[0].actor;
    const done = await of({ patientId: referral.patientId, action: 'referral.create', outcome: 'done' });
    expect(done.body.items.length).toBeGreaterThanOrEqual(1);
    const mine = await of({ actorId: personId, limit: '200' });
    expect(new Set(mine.body.items.map(({ actor }: { actor: { personId: string } }) => actor.personId))).toEqual(new Set([personId]));
    expect(await service.get('gp', '/v1/audit')).toMatchObject({ status: 403 });
    const refused = await of({ outcome: 'refused', limit: '1' });
    expect(refused.body.items).toEqual([expect.objectContaining({ denied: true, action: 'listAudit', code: 'role-may-not' })]);
    const looks = await of({ action: 'audit.read', limit: '200' });
    expect(looks.body.items.length).toBeGreaterThanOrEqual(3);
    const ofHead = await service.get('head-c01', '/v1/audit?limit=200');
    expect(ofHead.status).toBe(200);
    for (const { targetInstitutionId } of ofHead.body.items) expect(targetInstitutionId).toBe('inst-c01');
  });

  test('pages go on where the last one ended', async () => {
    const all = (await service.get('auditor', '/v1/audit?limit=9')).body;
    expect(all.items).toHaveLength(9);
    const next = (await service.get('auditor', `/v1/audit?${query({ limit: '3', cursor: all.nextCursor })}`)).body;
    const ids = [...all.items, ...next.items].map(({ requestId, at, action }) => `${requestId} ${at} ${action}`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
