/** The alliance's extensions of the published table: their triggers by who acts and in which states, and what each fact does in which states. */
import { expect } from 'vitest';
import type { ReferralFactEvent } from '../../../domain/referral/events.ts';

const live = ['received', 'accepted', 'in-progress/5.1.1', 'in-progress/5.1.2', 'in-progress/5.1.3', 'in-progress/5.1.4'];
/** The recipient may ask the initiator back. */
export const mayBeAsked = ['received', 'accepted', 'in-progress/5.1.1', 'in-progress/5.1.4'];
const ended = ['completed', 'rejected', 'cancelled'];
const open = ['draft', ...live, 'in-progress/5.2'];

/** The account of the demo alliance that acts. */
export const accounts = { initiator: 'gp', recipient: 'specialist', office: 'office' } as const;
export type Acting = keyof typeof accounts;

export interface ExtensionRow {
  trigger: string;
  actor: Acting;
  from: readonly string[];
  /** undefined: the state stays */
  to?: (from: string) => string;
  body: object;
  /** what else the answer shows */
  shows?: object;
  /** what else is in the state then */
  leaves?: object;
}

const reopen = {
  trigger: 'reopen',
  from: ended,
  to: (from: string) => (from === 'completed' ? 'accepted' : 'received'),
  body: { reason: '病情变化' },
  shows: { reviewedAt: null, closedAt: null },
  leaves: { reviewedAt: null, closedAt: null },
};

export const extensions: readonly ExtensionRow[] = [
  { trigger: 'withdraw', actor: 'initiator', from: ['draft', 'received'], to: () => 'cancelled', body: { reason: '误发' } },
  {
    trigger: 'refer-onward',
    actor: 'recipient',
    from: live,
    to: () => 'received',
    body: { toInstitutionId: 'inst-h2', reason: '专科在二院' },
    shows: { appointment: null },
    leaves: { appointment: null, legs: [{ endReason: 'referred-onward' }, { n: 2, to: null }] },
  },
  {
    trigger: 'reroute',
    actor: 'office',
    from: ['received'],
    to: () => 'received',
    body: {},
    shows: { legs: [{ endReason: 'rerouted' }, { n: 2, to: null }] },
    leaves: { legs: [{ endReason: 'rerouted' }, { n: 2, to: null }] },
  },
  {
    trigger: 'request-information',
    actor: 'recipient',
    from: mayBeAsked,
    body: { question: '请补充心电图' },
    shows: { informationRequest: { question: '请补充心电图' } },
    leaves: { informationAskedAt: expect.any(Number) },
  },
  // Nobody has asked in any of these.
  { trigger: 'answer-information', actor: 'initiator', from: [], body: { answer: '已上传' } },
  {
    trigger: 'review-result',
    actor: 'initiator',
    from: ['completed', 'rejected'],
    body: {},
    shows: { reviewedAt: expect.any(String) },
    leaves: { reviewedAt: expect.any(Number) },
  },
  { ...reopen, actor: 'initiator' },
  { ...reopen, actor: 'recipient' },
];

export const extensionTriggers = [...new Set(extensions.map(({ trigger }) => trigger))];

export const extensionRowOf = (trigger: string, actor: Acting, state: string): ExtensionRow | undefined =>
  extensions.find((row) => row.trigger === trigger && row.actor === actor && row.from.includes(state));

export interface FactRow {
  what: string;
  name: ReferralFactEvent['name'];
  input: { homeInstitutionId?: string; institutionId?: string };
  /** where the state does not stay as it is */
  cancels: readonly string[];
  reason: string;
}

export const extensionFacts: readonly FactRow[] = [
  { what: 'died', name: 'patient-died', input: {}, cancels: open, reason: 'patient-died' },
  {
    what: 'moved',
    name: 'patient-moved',
    input: { homeInstitutionId: 'inst-c02' },
    cancels: ['draft', 'received', 'accepted'],
    reason: 'patient-moved',
  },
  { what: 'admitted elsewhere', name: 'patient-admitted', input: { institutionId: 'inst-h3' }, cancels: open, reason: 'patient-admitted' },
  { what: 'admitted at the recipient', name: 'patient-admitted', input: { institutionId: 'inst-h1' }, cancels: [], reason: '' },
  { what: 'merged', name: 'patients-merged', input: {}, cancels: [], reason: '' },
];
