/** The names of an episode's tasks. */
import type { OrderKind } from './rules.ts';

/** Tasks that are done when their owner has written what was done. */
export const notedTaskNames = ['enrol-resident', 'find-transferred'] as const;
export type NotedTaskName = (typeof notedTaskNames)[number];

/** Tasks that are due within hours. */
export const clockTaskNames = [
  'briefing',
  'tell-results',
  'record-plan',
  'review-order',
  'conversation',
  'triage',
  'order-revisit',
  'home-visit',
  'post-discharge-visit',
  ...notedTaskNames,
] as const;
export type ClockTaskName = (typeof clockTaskNames)[number];

export type DischargeTaskName =
  | 'educate'
  | ClockTaskName
  | 'contact'
  | 'second-phone'
  | 'ask-community'
  | 'send-letter'
  | 'closing-contact'
  | 'post-discharge-visit'
  | 'reconcile'
  | 'call-back'
  | `order-${OrderKind}`;
