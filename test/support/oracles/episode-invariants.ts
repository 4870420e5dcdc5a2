/** What holds of every episode after a stay in hospital, whatever happened to the processes meanwhile. */

import type { Database } from '../../../db/kit/database.ts';
import { obligationsOf } from '../../../domain/discharge/due.ts';
import type { DischargeState } from '../../../domain/discharge/state.ts';
import { tasksOf } from '../../../domain/discharge/tasks.ts';
import type { Decision } from '../../../domain/kit/pathway.ts';
import { localDateOf } from '../../../domain/time/local-date.ts';

/** @returns what is wrong */
export async function findBrokenEpisode(
  db: Database,
  id: string,
  state: DischargeState,
  decisions: readonly { decision: Pick<Decision<unknown>, 'at' | 'messages'> }[],
): Promise<string[]> {
  const row = await db
    .selectFrom('episode')
    .innerJoin('patient', 'patient.id', 'episode.patient_id')
    .select(['episode.status', 'episode.patient_id as patientId', 'patient.deceased_at as deceasedAt'])
    .where('episode.id', '=', id)
    .executeTakeFirst();
  if (!row) return ['it has no row of episodes'];
  const ids = state.orders.map((order) => order.id);
  const days = daysOfReminders(decisions);
  const owes = obligationsOf(state).length + tasksOf(state).length > 0;
  return [
    ...(row.status === state.status && row.patientId === state.patientId
      ? []
      : [`it is shown as ${row.status}, the state is ${state.status}`]),
    ...(state.over || owes || state.status === 'admitted' || state.status === 'suspended' ? [] : ['it neither ends nor owes anything']),
    ...(new Set(ids).size === ids.length ? [] : [`an order stands there twice: ${ids}`]),
    ...(new Set(days).size === days.length ? [] : [`the patient is reminded twice on a day of ${days}`]),
    ...(row.deceasedAt === null || state.status === 'ended' ? [] : [`the patient has died, and it is ${state.status}`]),
  ];
}

/** The days on which the patient was reminded by itself, as often as they were. What corrects or answers something may come at any time. */
const daysOfReminders = (decisions: Parameters<typeof findBrokenEpisode>[3]): string[] =>
  decisions.flatMap(({ decision: { at, messages } }) =>
    messages.filter(({ template }) => template === 'discharge-visit-open').map(() => localDateOf(at)),
  );
