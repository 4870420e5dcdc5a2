/** The ways in which a crisis reading can end, by the name of the recording. */
import { randomUUID } from 'node:crypto';
import { findCrisisReadingOf } from '../../db/crisis-reading/crisis-readings.ts';
import type { Ending, RecordedService } from './service.ts';

const CONFIRM = 'confirm-reading';

interface Sent {
  results: { readingId: string }[];
}

/** Sends a value that has to be confirmed. `account`: whoever sends it. Resolves with the reading and the pathway, which has begun. */
async function raise(service: RecordedService, account: string, patientId: string, systolic: number) {
  const reading = await send(service, account, patientId, systolic);
  const id = await findCrisisReadingOf(service.db, reading);
  if (id === undefined) throw new Error('The value has raised nothing.');
  await service.waitUntilBegun(id);
  return { id, reading };
}

async function send(service: RecordedService, account: string, patientId: string, systolic: number): Promise<string> {
  const measured = { kind: 'blood-pressure', systolic, diastolic: 100, unit: 'mmHg', measuredAt: new Date().toISOString() };
  const body = { readings: [{ source: 'recorded', messageId: randomUUID(), patientId, ...measured }] };
  const { results } = (await service.post(account, '/v1/readings', body)) as unknown as Sent;
  return results[0]?.readingId ?? '';
}

const complete = (service: RecordedService, account: string, id: string, body: object) =>
  service.post(account, `/v1/tasks/${id}.${CONFIRM}/complete`, { note: '临床原因', ...body });

export const crisisReadingEndings: Record<string, Ending> = {
  async 'crisis-reading-called-again-and-referred'(service) {
    const { id } = await raise(service, 'gateway', 'patient-0010', 186);
    await send(service, 'gateway', 'patient-0010', 214);
    await service.waitUntilFactsAreDecided();
    await service.report(id, 'patient-moved', { homeInstitutionId: 'inst-c02' });
    await service.report(id, 'patient-moved', { homeInstitutionId: 'inst-c01' });
    await service.fastForward(id, 'PT3H1M');
    await complete(service, 'gp', id, { outcome: 'confirmed', action: 'emergency' });
    return id;
  },

  async 'crisis-reading-refuted-by-nurse'(service) {
    const { id } = await raise(service, 'nurse', 'patient-0011', 188);
    await send(service, 'nurse', 'patient-0011', 150);
    await complete(service, 'nurse', id, { outcome: 'refuted' });
    return id;
  },

  async 'crisis-reading-entered-in-error'(service) {
    const { id, reading } = await raise(service, 'nurse', 'patient-0012', 240);
    await service.post('nurse', `/v1/readings/${reading}/mark-entered-in-error`, { reason: '临床原因' });
    return id;
  },

  async 'crisis-reading-joined-another'(service) {
    await raise(service, 'gateway', 'patient-0014', 190);
    const { id } = await raise(service, 'gateway', 'patient-0013', 191);
    await service.report(id, 'patients-merged', { patientId: 'patient-0013', survivorPatientId: 'patient-0014' });
    return id;
  },

  async 'crisis-reading-died'(service) {
    const { id } = await raise(service, 'gateway', 'patient-0015', 190);
    await service.report(id, 'patient-died');
    return id;
  },
};
