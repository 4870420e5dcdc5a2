/** Episodes after a stay in hospital on the running service: begun, discharged, with a plan. */
import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { beginEpisode, tellStanding } from '../../../db/discharge/tell-episodes.ts';
import { publishFactsToEachPathway } from '../../../db/kit/outgoing.ts';
import { inTransaction } from '../../../db/kit/transaction.ts';
import type { LaterStay, VisitStanding } from '../../../domain/discharge/standing.ts';
import type { Service } from '../service/service.ts';
import { standingOf } from './episodes.ts';
import { deliverAll } from './facts.ts';

const DAY_MS = 86_400_000;
const system = { system: true, part: 'operator' } as const;
const by = { actor: { personId: 'person-gateway', institutionId: 'inst-h1', role: 'gateway' }, requestId: 'test' };

export const plainPlan = {
  diagnoses: [{ code: 'I50.9', text: '心力衰竭' }],
  procedures: [],
  responsibleClinician: '王医生',
  allergies: [],
  instructions: '低盐饮食',
  noMedication: true,
  noPendingResults: true,
  riskInputs: {},
  orders: [],
  linkConsent: 'none',
};

/** @param started gives the service, which starts only after the test file is loaded */
export function episodesOn(started: () => Service) {
  const admittedNow = (): VisitStanding => standingOf({ admittedAt: Date.now() - 9 * DAY_MS });

  /** In hospital `inst-h1`, at home with `inst-c01`. Resolves with the id. */
  async function begin(patientId: string, standing: VisitStanding = admittedNow()): Promise<string> {
    const service = started();
    const pathwayId = randomUUID();
    const episode = { pathwayId, patientId, hospitalId: 'inst-h1', centreId: 'inst-c01', visitNumber: `V-${pathwayId}`, number: 1 };
    await inTransaction(service.db, system, (trx) => beginEpisode(trx, { ...episode, standing, noticedAt: new Date() }, by));
    await vi.waitFor(async () => expect((await service.get('nurse-h1', `/v1/episodes/${pathwayId}`)).status).toBe(200), {
      timeout: 30_000,
      interval: 50,
    });
    return pathwayId;
  }

  async function tell(pathwayId: string, number: number, standing: VisitStanding): Promise<void> {
    const service = started();
    await inTransaction(service.db, system, (trx) => tellStanding(trx, { pathwayId, hospitalId: 'inst-h1', number, standing }, new Date()));
    await deliverAll(service);
  }

  /** What is known of the next stay of the patient, which is told the n-th time. */
  async function tellLaterStay(pathwayId: string, n: number, stay: LaterStay | null): Promise<void> {
    const service = started();
    const fact = { type: 'later-stay', pathwayId, messageId: `later-stay:${pathwayId}:${n}`, institutionId: 'inst-h1' } as const;
    await inTransaction(service.db, system, (trx) =>
      publishFactsToEachPathway(trx, [{ ...fact, occurredAt: new Date(), input: { stay } }]),
    );
    await deliverAll(service);
  }

  /** Discharged home an hour ago. */
  const tellDischarged = (pathwayId: string): Promise<void> =>
    tell(pathwayId, 2, { ...admittedNow(), status: 'discharged', dischargedAt: Date.now() - 3_600_000, disposition: 'home' });

  async function beginDischarged(patientId: string): Promise<string> {
    const id = await begin(patientId);
    await tellDischarged(id);
    return id;
  }

  return { begin, tell, tellDischarged, tellLaterStay, beginDischarged, admittedNow };
}
