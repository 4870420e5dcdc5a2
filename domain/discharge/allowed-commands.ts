/** Which commands a state leaves open, and whose side may give them. */
import type { EndReason } from './codes.ts';
import type { EpisodeCommandName } from './events.ts';
import { isWritten } from './plan-input.ts';
import type { DischargeState } from './state.ts';

const inStay: readonly EpisodeCommandName[] = ['brief', 'tell-results', 'educate', 'record-plan', 'add-order', 'change-order', 'set-risk'];
const afterDischarge: readonly EpisodeCommandName[] = [
  'record-plan',
  'add-order',
  'change-order',
  'report-orders',
  'record-contact',
  'record-visit',
  'reconcile',
  'answer-conversation',
  'triage',
  'report-result',
  'tell-result',
  'set-risk',
  'send-link',
  'revoke-link',
  'withdraw',
];
const ofResults: readonly EpisodeCommandName[] = ['report-result', 'tell-result'];
/** An episode that ended so may be brought back. */
const reopened: readonly EndReason[] = ['completed', 'expired', 'lost', 'withdrawn'];

/** The sides that may give each command. */
export const sidesOf: Readonly<Record<EpisodeCommandName, readonly ('hospital' | 'centre')[]>> = {
  brief: ['hospital'],
  'tell-results': ['hospital'],
  educate: ['hospital'],
  'record-plan': ['hospital'],
  'record-contact': ['hospital', 'centre'],
  'record-visit': ['hospital', 'centre'],
  reconcile: ['hospital'],
  'add-order': ['hospital', 'centre'],
  'change-order': ['hospital', 'centre'],
  'report-orders': ['hospital', 'centre'],
  'answer-conversation': ['hospital', 'centre'],
  triage: ['hospital', 'centre'],
  'report-result': ['hospital'],
  'tell-result': ['hospital'],
  'set-risk': ['hospital', 'centre'],
  'send-link': ['hospital', 'centre'],
  'revoke-link': ['hospital', 'centre'],
  withdraw: ['hospital', 'centre'],
  reopen: ['hospital', 'centre'],
};

/** In the order in which they are mostly given. */
export function allowedCommands(state: DischargeState): EpisodeCommandName[] {
  const { status, endReason, plan } = state;
  switch (status) {
    case 'admitted':
      return [...inStay];
    case 'discharged':
      return afterDischarge.filter((name) => name !== 'record-plan' || !isWritten(plan));
    case 'suspended':
      return [...ofResults, ...(isTriageOpen(state) ? (['triage'] as const) : [])];
    case 'ended':
      return endReason !== null && reopened.includes(endReason) ? ['reopen', ...lastingCommands(state)] : [];
    case null:
      return [];
  }
}

const isTriageOpen = ({ triages }: DischargeState): boolean => triages.some(({ action }) => action === null);

/** What goes on after the end: results that are waited for, and what has to be spoken about. */
function lastingCommands(state: DischargeState): EpisodeCommandName[] {
  const { orders, conversations, clocks } = state;
  return [
    ...(orders.some(({ status, given }) => status !== 'closed' && given.kind === 'pending-result') ? ofResults : []),
    ...(conversations.some(({ decision }) => decision === null) ? (['answer-conversation'] as const) : []),
    ...(isTriageOpen(state) ? (['triage'] as const) : []),
    ...(clocks.some(({ task }) => task === 'post-discharge-visit') ? (['record-visit'] as const) : []),
  ];
}

/** The side on which an institution stands; undefined for any other institution. */
export const sideOf = (
  { hospitalId, centreId }: Pick<DischargeState, 'hospitalId' | 'centreId'>,
  institutionId: string,
): 'hospital' | 'centre' | undefined => (institutionId === hospitalId ? 'hospital' : institutionId === centreId ? 'centre' : undefined);
