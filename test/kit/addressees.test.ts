/** A fact reaches whoever listens to its addressee, a patient, a pathway or a subject, and nobody else: once, in order. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Listener, leaseDueDeliveries } from '../../db/kit/fact-deliveries.ts';
import { reconcileSubjects } from '../../db/kit/pathway-subjects.ts';
import { type NewFact, publishFact } from '../../db/kit/publish-facts.ts';
import type { Addressee, Subject } from '../../domain/kit/facts.ts';
import type { PathwayEvent } from '../../domain/kit/pathway.ts';
import { deliverAll, listDecidedFacts, newReceivedReferral, newResident } from '../support/builders/facts.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

type LoadFact = 'load-failed' | 'load-released';
/** Deciders as a pathway of the supply cycle would bring them: a round hears of both, a recall of failures only. */
const round: Listener<LoadFact> = { kind: 'test-round', facts: ['load-failed', 'load-released'] };
const recall: Listener<LoadFact> = { kind: 'test-recall', facts: ['load-failed'] };

const newLoad = (): Subject => ({ type: 'load', id: randomUUID() });

async function newPathway(
  { kind }: Listener,
  { subjects = [], status = 'open' }: { subjects?: Subject[]; status?: 'open' | 'ended' } = {},
) {
  const id = randomUUID();
  await service.db.insertInto('pathway').values({ id, kind, status, version: 1 }).execute();
  for (const subject of subjects)
    await service.db.insertInto('pathway_subject').values({ pathway_id: id, subject_type: subject.type, subject_id: subject.id }).execute();
  return id;
}

const newFact = (addressee: Addressee, type: LoadFact = 'load-failed', messageId: string = randomUUID()): NewFact<LoadFact> => ({
  type,
  messageId,
  addressee,
  institutionId: 'inst-cssd',
  occurredAt: new Date(),
  input: {},
});

const toSubject = (subject: Subject, type?: LoadFact, messageId?: string) => newFact({ type: 'subject', subject }, type, messageId);
const publish = (fact: NewFact<LoadFact>) => service.db.transaction().execute((trx) => publishFact(trx, fact, [round, recall]));

const factIdOf = async ({ messageId }: NewFact<string>): Promise<string> =>
  (await service.db.selectFrom('fact').select('id').where('message_id', '=', messageId).executeTakeFirstOrThrow()).id;
/** The pathways that the fact is owed to. */
async function heard(fact: NewFact<string>): Promise<string[]> {
  const factId = await factIdOf(fact);
  const rows = await service.db.selectFrom('fact_delivery').select('pathway_id').where('fact_id', '=', factId).execute();
  return rows.map(({ pathway_id }) => pathway_id).toSorted();
}

/** The facts that a pathway hears of, in its order. */
async function owedTo(pathwayId: string): Promise<string[]> {
  const rows = await service.db.selectFrom('fact_delivery').select('fact_id').where('pathway_id', '=', pathwayId).orderBy('seq').execute();
  return rows.map(({ fact_id }) => fact_id);
}

const subjectsOf = async (pathwayId: string): Promise<Subject[]> =>
  service.db
    .selectFrom('pathway_subject')
    .select(['subject_type as type', 'subject_id as id'])
    .where('pathway_id', '=', pathwayId)
    .orderBy('subject_id')
    .execute();

const waitingForLocks = async (): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(service.db);
  return rows[0]?.n ?? 0;
};

describe('a fact to a subject', () => {
  test('reaches every open pathway that listens to its type and holds the subject, and nobody else', async () => {
    const [load, other] = [newLoad(), newLoad()];
    const holders = [
      await newPathway(round, { subjects: [load] }),
      await newPathway(round, { subjects: [other, load] }),
      await newPathway(recall, { subjects: [load] }),
    ] as const;
    await newPathway(round, { subjects: [other] });
    await newPathway(round, { subjects: [{ type: 'steriliser', id: load.id }] });
    await newPathway(round, { subjects: [load], status: 'ended' });
    await newPathway({ kind: 'test-deaf', facts: [] }, { subjects: [load] });
    const [failed, released] = [toSubject(load), toSubject(load, 'load-released')];
    await publish(failed);
    await publish(released);
    expect(await heard(failed)).toEqual([...holders].toSorted());
    expect(await heard(released), 'a recall does not listen to it').toEqual([holders[0], holders[1]].toSorted());
  });

  test('is stored and owed once, however often it is published, ten times at once too', async () => {
    const load = newLoad();
    const pathwayId = await newPathway(round, { subjects: [load] });
    const fact = toSubject(load);
    await Promise.all(Array.from({ length: 10 }, () => publish(fact)));
    await publish(fact);
    expect(await owedTo(pathwayId)).toEqual([await factIdOf(fact)]);
  });

  test('waits for the fact before it: pathways hear of them in the order in which they were published', async () => {
    const load = newLoad();
    const pathwayId = await newPathway(round, { subjects: [load] });
    const [first, second] = [toSubject(load), toSubject(load, 'load-released')];
    const publishing = await service.db.startTransaction().execute();
    await publishFact(publishing, first, [round]);
    const later = publish(second);
    await expect.poll(waitingForLocks).toBe(1);
    await publishing.commit().execute();
    await later;
    const facts = [await factIdOf(first), await factIdOf(second)];
    expect(await owedTo(pathwayId)).toEqual(facts);
    const leased = await leaseDueDeliveries(service.db, { limit: 100 });
    expect(leased.filter((delivery) => delivery.pathwayId === pathwayId).map(({ factId }) => factId)).toEqual([facts[0]]);
  });
});

describe('a fact to a pathway', () => {
  test('reaches that pathway and no other, if it listens and is open', async () => {
    const load = newLoad();
    const pathwayId = await newPathway(round, { subjects: [load] });
    await newPathway(round, { subjects: [load] });
    const fact = newFact({ type: 'pathway', pathwayId });
    await publish(fact);
    await publish(fact);
    expect(await heard(fact)).toEqual([pathwayId]);
    for (const nobody of [await newPathway(round, { status: 'ended' }), await newPathway({ kind: 'test-deaf', facts: [] }), randomUUID()]) {
      const unheard = newFact({ type: 'pathway', pathwayId: nobody });
      await publish(unheard);
      expect(await heard(unheard)).toEqual([]);
    }
  });
});

test('a fact that nobody listens to is stored, whoever it is addressed to', async () => {
  const addressees: Addressee[] = [
    { type: 'patient', patientId: await newResident(service) },
    { type: 'pathway', pathwayId: randomUUID() },
    { type: 'subject', subject: newLoad() },
  ];
  for (const addressee of addressees) {
    const fact = newFact(addressee);
    await publish(fact);
    expect(await heard(fact)).toEqual([]);
    const stored = await service.db.selectFrom('fact').selectAll().where('message_id', '=', fact.messageId).executeTakeFirstOrThrow();
    expect(stored).toMatchObject({
      source: 'carepath',
      status: 'recorded',
      addressee_type: addressee.type,
      input: { occurredAt: fact.occurredAt.getTime() },
    });
  }
});

describe('the subjects of a pathway', () => {
  const dueEvent: PathwayEvent = { kind: 'due', name: 'test', id: 'c1:100', at: 0, actor: null, input: {} };
  const reconcile = (pathwayId: string, before: Subject[], after: Subject[], event: PathwayEvent = dueEvent) =>
    service.db.transaction().execute((trx) => reconcileSubjects(trx, { pathwayId, decider: round, event, before, after }));

  test('are what its decider says, also where the rows were something else', async () => {
    const [a, b, c] = [newLoad(), newLoad(), newLoad()].toSorted((one, two) => (one.id < two.id ? -1 : 1)) as [Subject, Subject, Subject];
    const pathwayId = await newPathway(round);
    await reconcile(pathwayId, [], [a, b]);
    expect(await subjectsOf(pathwayId)).toEqual([a, b]);
    await reconcile(pathwayId, [a, b], [b, c]);
    expect(await subjectsOf(pathwayId)).toEqual([b, c]);
    // Newer code may say of a stored state that it holds something: before and after are equal then.
    await reconcile(pathwayId, [a, c], [a, c]);
    expect(await subjectsOf(pathwayId)).toEqual([a, c]);
    await reconcile(pathwayId, [a, c], []);
    expect(await subjectsOf(pathwayId)).toEqual([]);
  });

  test('cost a pathway that never had any no statement', async () => {
    const trx = await service.db.startTransaction().execute();
    await trx.rollback().execute();
    const step = { pathwayId: randomUUID(), decider: round, event: dueEvent, before: [] };
    await reconcileSubjects(trx, { ...step, after: [] });
    await expect(reconcileSubjects(trx, { ...step, after: [newLoad()] })).rejects.toThrow();
  });

  test('that it begins to hold bring the facts that came since its command was stored, and none from before', async () => {
    const load = newLoad();
    const pathwayId = await newPathway(round);
    const [before, since] = [toSubject(load), toSubject(load, 'load-released')];
    await publish(before);
    const commandId = await newCommand();
    await publish(since);
    await reconcile(pathwayId, [], [load], { ...dueEvent, kind: 'command', id: commandId });
    const after = toSubject(load);
    await publish(after);
    expect(await owedTo(pathwayId)).toEqual([await factIdOf(since), await factIdOf(after)]);
  });

  test('are held from the commit on: a fact that is being published meanwhile is heard', async () => {
    const load = newLoad();
    const pathwayId = await newPathway(round);
    const commandId = await newCommand();
    const fact = toSubject(load);
    const publishing = await service.db.startTransaction().execute();
    await publishFact(publishing, fact, [round]);
    const beginning = reconcile(pathwayId, [], [load], { ...dueEvent, kind: 'command', id: commandId });
    await expect.poll(waitingForLocks).toBe(1);
    await publishing.commit().execute();
    await beginning;
    expect(await owedTo(pathwayId)).toEqual([await factIdOf(fact)]);
  });

  async function newCommand(): Promise<string> {
    const id = randomUUID();
    await service.db
      .insertInto('command')
      .values({
        id,
        account_id: 'person-gp',
        idempotency_key: id,
        request_hash: Buffer.from('x'),
        operation: 'test',
        request_id: id,
        actor: JSON.stringify({}),
        acked_at: new Date(),
      })
      .execute();
    return id;
  }
});

test('the relay brings facts to a subject and to a pathway to the real workflow, in order, each decided once', {
  timeout: 60_000,
}, async () => {
  const id = await newReceivedReferral(service, await newResident(service));
  const other = await newReceivedReferral(service, await newResident(service));
  const load = newLoad();
  await service.db.insertInto('pathway_subject').values({ pathway_id: id, subject_type: load.type, subject_id: load.id }).execute();
  const admission = (addressee: Addressee): NewFact => ({
    type: 'patient-admitted',
    messageId: randomUUID(),
    addressee,
    institutionId: 'inst-h1',
    occurredAt: new Date(),
    input: { institutionId: 'inst-h1' },
  });
  const facts = [
    admission({ type: 'subject', subject: load }),
    admission({ type: 'pathway', pathwayId: id }),
    admission({ type: 'subject', subject: load }),
  ];
  for (const fact of facts) await service.db.transaction().execute((trx) => publishFact(trx, fact));
  // The pathways of the tests above have no workflow.
  await service.db.updateTable('pathway').set({ status: 'ended' }).where('kind', 'like', 'test-%').execute();
  await deliverAll(service);
  expect(await listDecidedFacts(service, id)).toEqual(await Promise.all(facts.map(factIdOf)));
  expect(await listDecidedFacts(service, other)).toEqual([]);
});

describe('the database', () => {
  const columns = sql`id, source, message_id, type, occurred_at, sender_id, sender_institution_id, details, body_hash, status`;
  const values = (type = 'load-failed') =>
    sql`gen_random_uuid(), 'test', gen_random_uuid()::text, ${type}, now(), 'carepath', 'inst-c01', '{}', '', 'recorded'`;

  test('takes a fact as the program of the release before writes it: a patient’s', async () => {
    const patientId = await newResident(service);
    const insert = sql<{ addressee_type: string }>`
      insert into fact (${columns}, given_patient_id, patient_id) values (${values('patient-died')}, ${patientId}, ${patientId})
      returning addressee_type`;
    expect((await insert.execute(service.db)).rows).toEqual([{ addressee_type: 'patient' }]);
  });

  test.each([
    ['to a patient without a patient', sql`addressee_type`, sql`'patient'`, 'fact_addressee_check'],
    ['to a pathway without its id', sql`addressee_type`, sql`'pathway'`, 'fact_addressee_id_check'],
    ['to a subject without its id', sql`addressee_type, addressee_subject_type`, sql`'subject', 'load'`, 'fact_addressee_id_check'],
    [
      'to a subject and a pathway',
      sql`addressee_type, addressee_subject_type, addressee_subject_id, addressee_pathway_id`,
      sql`'subject', 'load', '1', gen_random_uuid()`,
      'fact_addressee_id_check',
    ],
    ['to nobody of that kind', sql`addressee_type`, sql`'everybody'`, 'fact_addressee_type_check'],
  ])('refuses a fact %s', async (_what, names, given, constraint) => {
    const insert = sql`insert into fact (${columns}, ${names}) values (${values()}, ${given})`;
    await expect(insert.execute(service.db)).rejects.toThrow(constraint);
  });

  test('refuses a type that has no form', async () => {
    const insert = sql`insert into fact (${columns}, addressee_type, addressee_pathway_id) values (${values('Load Failed')}, 'pathway', gen_random_uuid())`;
    await expect(insert.execute(service.db)).rejects.toThrow('fact_type_check');
  });
});
