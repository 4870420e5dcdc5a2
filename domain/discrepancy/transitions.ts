/** What may be done with a discrepancy in each of its states. */
import type { DiscrepancyStatus } from '../sterile-supply/vocabulary.ts';
import type { DiscrepancyCommandName } from './events.ts';

export type DiscrepancyStep = Exclude<DiscrepancyCommandName, 'open'>;

interface Transition {
  from: readonly DiscrepancyStatus[];
  to: DiscrepancyStatus;
}

export const discrepancyTransitions: Readonly<Record<DiscrepancyStep, Transition>> = {
  acknowledge: { from: ['open'], to: 'acknowledged' },
  // Whoever has found out more says so as often as they like.
  investigate: { from: ['acknowledged', 'investigating'], to: 'investigating' },
  resolve: { from: ['investigating'], to: 'resolved' },
  close: { from: ['resolved'], to: 'closed' },
};

const steps = ['acknowledge', 'investigate', 'resolve', 'close'] as const satisfies readonly DiscrepancyStep[];

export const stepsAllowedIn = (status: DiscrepancyStatus): DiscrepancyStep[] =>
  steps.filter((step) => discrepancyTransitions[step].from.includes(status));
