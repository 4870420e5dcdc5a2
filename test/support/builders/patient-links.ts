/** What tests of a patient's link begin with: somebody discharged with a plan, and the link that was sent to them. */
import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { beginEpisode, tellStanding } from '../../../db/discharge/tell-episodes.ts';
import { inTransaction } from '../../../db/kit/transaction.ts';
import type { VisitStanding } from '../../../domain/discharge/standing.ts';
import type { Service } from '../service/service.ts';
import { standingOf } from './episodes.ts';
import { deliverAll, newResident } from './facts.ts';

const HOUR_MS = 3_600_000;
const system = { system: true, part: 'operator' } as const;
const by = { actor: { personId: 'person-gateway', institutionId: 'inst-h1', role: 'gateway' }, requestId: 'test' };

export interface LinkedEpisode {
  id: string;
  patientId: string;
  token: string;
}

/** A discharge of an hour ago with these orders; the patient was born in 1950. */
export async function sendLinkAfterDischarge(
  service: Service,
  { phone, name, orders }: { phone: string; name?: string; orders: readonly object[] },
): Promise<LinkedEpisode> {
  const patientId = await newResident(service, 'inst-c01', { phone, birthDate: '1950-05-17', ...(name ? { name } : {}) });
  const id = randomUUID();
  const admitted = standingOf({ admittedAt: Date.now() - 9 * 24 * HOUR_MS });
  const episode = { pathwayId: id, patientId, hospitalId: 'inst-h1', centreId: 'inst-c01', visitNumber: `V-${id}`, number: 1 };
  await inTransaction(service.db, system, (trx) => beginEpisode(trx, { ...episode, standing: admitted, noticedAt: new Date() }, by));
  const path = `/v1/episodes/${id}`;
  await vi.waitFor(async () => expect((await service.get('nurse-h1', path)).status).toBe(200), { timeout: 20_000, interval: 50 });
  const standing: VisitStanding = { ...admitted, status: 'discharged', dischargedAt: Date.now() - HOUR_MS, disposition: 'home' };
  await inTransaction(service.db, system, (trx) =>
    tellStanding(trx, { pathwayId: id, hospitalId: 'inst-h1', number: 2, standing }, new Date()),
  );
  await deliverAll(service);
  const plan = {
    diagnoses: [{ code: 'I50.9', text: '心力衰竭' }],
    procedures: [],
    responsibleClinician: '王医生',
    allergies: [],
    instructions: '低盐饮食',
    riskInputs: {},
    orders,
    linkConsent: 'patient',
  };
  expect((await service.post('nurse-h1', `${path}/record-plan`, plan)).status).toBe(200);
  expect((await service.post('nurse', `${path}/send-link`, { to: 'patient' })).status).toBe(200);
  const [text = ''] = await listTextsSent(service, id, 'discharge-link');
  return { id, patientId, token: /\/([A-Za-z0-9_-]{22})$/.exec(text)?.[1] ?? '' };
}

/** Newest first. */
async function listTextsSent(service: Service, pathwayId: string, template: string): Promise<string[]> {
  const { body } = await service.get('sysadmin', `/v1/demo/outbox?pathwayId=${pathwayId}&limit=200`);
  return body.items.filter((item: { template: string }) => item.template === template).map(({ text }: { text: string }) => text);
}

/** The code that was sent last. */
export async function findSentCode(service: Service, pathwayId: string): Promise<string> {
  const [text = ''] = await listTextsSent(service, pathwayId, 'discharge-link-code');
  return /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0] ?? '';
}
