/** The ways in which a question about a resident's life or records ends, and a follow-up whose merger is taken back, by the name of the recording. */
import { CHECK_TASK_ID } from '../../domain/identity-check/tasks.ts';
import type { Ending, RecordedService } from './service.ts';

let registered = 0;
/** Somebody who may be the same person as anybody else that was registered here. */
async function register(service: RecordedService): Promise<string> {
  registered += 1;
  const name = `记录${registered}`;
  const { id } = await service.post('gp', '/v1/patients', { name, birthDate: '1950-01-01', sex: 'female', channel: 'paper' });
  return id;
}

const reason = { reason: '临床原因' };

/** Proposes the merger of one record into another, and a second person confirms it. Resolves with its id. */
export async function merge(service: RecordedService, patientId: string, intoId: string): Promise<string> {
  const { id } = await service.post('gp', `/v1/patients/${patientId}/propose-merger`, { intoId, reason: '同一人' });
  await service.post('head-c01', `/v1/mergers/${id}/confirm`, {});
  await service.waitUntilFactsAreDecided();
  return id;
}

async function takeBack(service: RecordedService, mergerId: string): Promise<void> {
  await service.post('nurse', `/v1/mergers/${mergerId}/retract`, { reason: '并非同一人' });
  await service.post('head-c01', `/v1/mergers/${mergerId}/confirm-retraction`, {});
  await service.waitUntilFactsAreDecided();
}

export const identityEndings: Record<string, Ending> = {
  async 'identity-check-late-and-refuted'(service) {
    await service.post('nurse', '/v1/patients/patient-0010/report-death', { heardFrom: '邻居' });
    const id = await service.findPathwayOfTask('gp', CHECK_TASK_ID);
    await service.fastForward(id, 'P1DT1H');
    await service.post('gp', '/v1/patients/patient-0010/refute-death', reason);
    await service.waitUntilFactsAreDecided();
    return id;
  },

  /** The question about a double's death goes to the survivor, and back when the merger was wrong. */
  async 'identity-check-of-a-merged-record'(service) {
    const [double, survivor] = [await register(service), await register(service)];
    await service.post('nurse', `/v1/patients/${double}/report-death`, { heardFrom: '家属' });
    const id = await service.findPathwayOfTask('gp', CHECK_TASK_ID);
    const mergerId = await merge(service, double, survivor);
    await takeBack(service, mergerId);
    await service.post('gp', `/v1/patients/${double}/refute-death`, reason);
    await service.waitUntilFactsAreDecided();
    return id;
  },

  /** Two records were merged wrongly: the follow-up that had joined goes on by itself. */
  async 'follow-up-merger-taken-back'(service) {
    const [survivor, other] = [await register(service), await register(service)];
    const kept = await service.enrol('gp', survivor, 'elderly');
    const double = await service.enrol('gp', other, 'high-risk');
    await takeBack(service, await merge(service, other, survivor));
    for (const { id } of [kept, double]) await service.actOnEnrolment('gp', id, 'withdraw', reason);
    await service.fastForward(double.pathwayId, 'P31D');
    return double.pathwayId;
  },
};
