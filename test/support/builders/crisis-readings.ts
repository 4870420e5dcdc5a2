/** Finds the crisis readings of a person and their task, and completes it. */
import { vi } from 'vitest';
import type { Answer, Service } from '../service/service.ts';

/** Resolves with the open crisis readings of a patient, the oldest first. */
export const openCrisisReadingsOf = async ({ db }: Pick<Service, 'db'>, patientId: string): Promise<string[]> =>
  (
    await db
      .selectFrom('crisis_reading')
      .select('id')
      .where('patient_id', '=', patientId)
      .where('status', '=', 'open')
      .orderBy('opened_at')
      .execute()
  ).map(({ id }) => id);

export const taskOf = ({ db }: Pick<Service, 'db'>, pathwayId: string) =>
  db.selectFrom('task').selectAll().where('id', '=', `${pathwayId}.confirm-reading`).executeTakeFirst();

/** Waits until the pathway of the one crisis reading of the patient has begun, which the relay sees to. Resolves with its id and its task. */
export async function crisisTaskOf(service: Service, patientId: string) {
  return vi.waitFor(
    async () => {
      const [id = '', ...others] = await openCrisisReadingsOf(service, patientId);
      const task = await taskOf(service, id);
      if (!task || others.length > 0) throw new Error(`The patient has ${others.length + (id ? 1 : 0)} crisis readings.`);
      return { id, task };
    },
    { timeout: 20_000, interval: 50 },
  );
}

export const completeCrisis = (service: Service, account: string, pathwayId: string, body: Record<string, unknown>): Promise<Answer> =>
  service.post(account, `/v1/tasks/${pathwayId}.confirm-reading/complete`, { note: '复测', ...body });
