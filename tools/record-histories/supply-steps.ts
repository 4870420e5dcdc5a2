/** What the recordings of sterile supply have in common. */
import type { RecordedService } from './service.ts';

export const reason = { reason: '设备故障' };
export const note = { note: '已核对' };

/** Plays a course once for each service; several pathways of it are recorded. */
export function once<Played>(play: (service: RecordedService) => Promise<Played>): (service: RecordedService) => Promise<Played> {
  const played = new WeakMap<RecordedService, Promise<Played>>();
  return (service) => {
    const before = played.get(service) ?? play(service);
    played.set(service, before);
    return before;
  };
}

export const nurseOf = (centre: string): string => (centre === 'inst-c01' ? 'nurse' : centre.replace('inst-', 'nurse-'));

/** Somebody of the post takes the task and says what was done. */
export async function completeTask(service: RecordedService, account: string, taskId: string, report: object): Promise<void> {
  const path = `/v1/tasks/${encodeURIComponent(taskId)}`;
  await service.post(account, `${path}/claim`);
  await service.post(account, `${path}/complete`, report);
}
