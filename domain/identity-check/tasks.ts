/** The one task of an identity check. It stands open in the transaction that asks the question, before the pathway itself has begun. */
import type { Role } from '../alliance/roles.ts';
import type { PathwayTask } from '../kit/pathway.ts';
import { type SlaClock, startClock } from '../time/sla-clock.ts';
import type { IdentityCheckKind, OpenIdentityCheck } from './events.ts';

export const CHECK_TASK_ID = 'confirm';

export type CheckTaskName = 'confirm-death' | 'confirm-move' | 'confirm-retraction' | 'confirm-merger';

const checkTaskNames: Readonly<Record<IdentityCheckKind, CheckTaskName>> = {
  death: 'confirm-death',
  'death-retraction': 'confirm-retraction',
  merger: 'confirm-merger',
  'merger-retraction': 'confirm-retraction',
  move: 'confirm-move',
};

/** A GP answers as well as the head; whether somebody has moved, a nurse too. */
export const sharedCheckTasks = {
  'confirm-death': ['gp', 'head'],
  'confirm-retraction': ['gp', 'head'],
  'confirm-merger': ['gp', 'head'],
  'confirm-move': ['gp', 'head', 'nurse'],
} as const satisfies Record<CheckTaskName, readonly Role[]>;

/** At half of the time those who answer are reminded, at its end the head hears of it. */
const RUNG_PERCENTS = [50, 100] as const;

export function clockOf({ kind, openedAt, budgetSeconds }: OpenIdentityCheck): SlaClock {
  const name = checkTaskNames[kind];
  return startClock({ id: CHECK_TASK_ID, name, budgetMs: budgetSeconds * 1_000, at: openedAt, rungPercents: RUNG_PERCENTS });
}

export const taskOf = ({
  kind,
  role,
  institutionId,
  about,
  clock,
}: Pick<OpenIdentityCheck, 'kind' | 'role' | 'institutionId' | 'about'> & { clock: SlaClock }): PathwayTask<CheckTaskName> => ({
  id: CHECK_TASK_ID,
  name: checkTaskNames[kind],
  role,
  institutionId,
  departmentId: null,
  urgency: 'same-day',
  emergency: false,
  clock,
  about,
});
