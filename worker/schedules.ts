/** The schedules of the sweeps: made by every worker as it starts, and there once, however many workers there are. */
import { type Client, ScheduleAlreadyRunning, type ScheduleOptions } from '@temporalio/client';
import { type SweepName, sweepNames, sweepsAt } from '../domain/sterile-supply/sweeps.ts';

/** Each installation has schedules of its own, also where two share a namespace of Temporal. */
export const scheduleId = (taskQueue: string, name: SweepName): string => `sterile-supply-sweep/${taskQueue}/${name}`;

/** A server that is being started is there within seconds; the sweeps run once a day. */
const RETRY_MS = 10_000;

/** Tries until Temporal takes them. `warn` hears of each try that failed. */
export async function keepSweepSchedules(client: Client, taskQueue: string, warn: (error: unknown) => void): Promise<void> {
  for (;;) {
    try {
      return await ensureSweepSchedules(client, taskQueue);
    } catch (error) {
      warn(error);
      // It must not keep a worker alive that is asked to stop.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
  }
}

export async function ensureSweepSchedules(client: Client, taskQueue: string): Promise<void> {
  for (const name of sweepNames) await ensureSchedule(client, scheduleOf(taskQueue, name));
}

const scheduleOf = (taskQueue: string, name: SweepName): ScheduleOptions => ({
  scheduleId: scheduleId(taskQueue, name),
  spec: { calendars: [sweepsAt], timezone: 'Asia/Shanghai' },
  action: {
    type: 'startWorkflow',
    workflowType: 'sterile-supply-sweep',
    workflowId: scheduleId(taskQueue, name),
    taskQueue,
    args: [name],
  },
  // A morning that nobody was there for is made up for within the day; two at once would only look twice.
  policies: { overlap: 'SKIP', catchupWindow: '20h' },
});

/** A schedule that is there keeps its past runs and takes over what has changed about it. */
async function ensureSchedule(client: Client, options: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies } = options;
    await client.schedule
      .getHandle(options.scheduleId)
      .update((standing) => ({ ...standing, spec, action, policies: { ...standing.policies, ...policies } }));
  }
}
