/** What one would write with Temporal alone: an Update a command, one activity with one insert, one timer for the deadline. */
import { allHandlersFinished, condition, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

export interface PlainActivities {
  insertAct(id: string, step: number, name: string): Promise<void>;
}

const { insertAct } = proxyActivities<PlainActivities>({ startToCloseTimeout: '10s' });

const COMMANDS = 5;

export const act = defineUpdate<number, [name: string]>('act');

export async function plain(id: string): Promise<void> {
  let done = 0;
  setHandler(act, async (name) => {
    const step = ++done;
    await insertAct(id, step, name);
    return step;
  });
  await condition(() => done === COMMANDS && allHandlersFinished(), '7 days');
}
