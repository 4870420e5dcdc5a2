/** Builds facts and residents, and runs the relay that brings facts to their pathways. */
import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { createLog } from '../../../platform/log.ts';
import { createFactRelay, type FactRelay } from '../../../worker/fact-relay.ts';
import type { Answer, Service } from '../service/service.ts';
import { newReferral } from './referrals.ts';

export const silent = createLog('worker', 'silent');

export type NewFact = Record<string, unknown>;

/** Returns the fact of a death, which a system of its own reports just now. */
export const newFact = (over: NewFact = {}): NewFact => ({
  source: 'his-test',
  messageId: randomUUID(),
  type: 'patient-died',
  occurredAt: new Date().toISOString(),
  ...over,
});

export const postFact = (service: Service, fact: NewFact, key: string = randomUUID()): Promise<Answer> =>
  service.post('gateway', '/v1/facts', fact, { key });

/** Writes a resident whom no other test knows, by default of the centre of `gp`. Resolves with the id. */
export async function newResident(
  { db }: Pick<Service, 'db'>,
  homeInstitutionId = 'inst-c01',
  {
    birthDate = '1950-01-01',
    sex = 'female',
    phone = null,
    contacts = [],
  }: { birthDate?: string; sex?: 'male' | 'female' | 'other' | 'unknown'; phone?: string | null; contacts?: readonly object[] } = {},
): Promise<string> {
  const id = `patient-${randomUUID()}`;
  await db
    .insertInto('patient')
    .values({
      id,
      name: '测试',
      birth_date: birthDate,
      sex,
      home_institution_id: homeInstitutionId,
      team_id: null,
      phone,
      contacts: JSON.stringify(contacts),
    })
    .execute();
  return id;
}

/** Creates a referral that waits for the hospital's answer. Resolves with its id. */
export async function newReceivedReferral(service: Service, patientId: string): Promise<string> {
  const { status, body } = await service.post(
    'gp',
    '/v1/referrals',
    await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology' }),
  );
  if (status !== 201) throw new Error(`The referral was answered ${status}: ${JSON.stringify(body)}`);
  return body.id;
}

export const newRelay = (service: Service): FactRelay => createFactRelay({ db: service.db, client: service.client, log: silent });

/** The relay as the worker has it: a pathway that was opened again begins a new run. */
export const newRunningRelay = ({ db, client, config }: Service): FactRelay =>
  createFactRelay({
    db,
    client,
    log: silent,
    runs: { taskQueue: config.CAREPATH_TASK_QUEUE, eventCap: config.CAREPATH_EVENT_CAP, byteCap: config.CAREPATH_BYTE_CAP },
  });

/** Runs the relay until every delivery is settled. */
export async function deliverAll(service: Service, relay: FactRelay = newRelay(service), withinMs = 30_000): Promise<void> {
  await vi.waitUntil(
    async () => {
      await relay.relayOnce();
      return (await listUnsettledDeliveries(service)).length === 0;
    },
    { timeout: withinMs, interval: 30 },
  );
}

export const listUnsettledDeliveries = ({ db }: Service) =>
  db.selectFrom('fact_delivery').select(['fact_id as factId', 'pathway_id as pathwayId']).where('settled_at', 'is', null).execute();

/** Lists the ids of the facts that a pathway has decided on, in the order of its decisions. */
export async function listDecidedFacts({ db }: Service, pathwayId: string): Promise<string[]> {
  const rows = await db.selectFrom('decision').select('event').where('pathway_id', '=', pathwayId).orderBy('version').execute();
  return rows.map(({ event }) => event as { kind: string; id: string }).flatMap(({ kind, id }) => (kind === 'fact' ? [id] : []));
}

export async function residentOf({ db }: Service, id: string) {
  return db
    .selectFrom('patient')
    .select(['deceased_at as deceasedAt', 'home_institution_id as homeInstitutionId', 'merged_into_id as mergedIntoId', 'version'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

export async function referralOf({ db }: Service, id: string) {
  return db
    .selectFrom('referral')
    .select(['status', 'status_reason as statusReason', 'patient_id as patientId'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

/** Reports a fact that nobody has reported before. Returns its id. */
export async function reportFact(service: Service, fact: Record<string, unknown>): Promise<string> {
  const { status, body } = await postFact(service, newFact(fact));
  expect([status, body.duplicate]).toEqual([202, false]);
  return body.factId;
}

/** The audit entries of a fact, in order. */
export const listAuditOfFact = ({ db }: Service, factId: string) =>
  db.selectFrom('audit').selectAll().where('target_id', '=', factId).orderBy('id').execute();
