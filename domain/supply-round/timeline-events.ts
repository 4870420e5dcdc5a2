/** What the timeline of a round calls what happened: the name of the act as people do it, not of the fact that tells the pathway of it. */
import type { SupplyRoundCommandEvent, SupplyRoundFactName } from './events.ts';

export const timelineEventOf = {
  'round-allocated': 'allocate',
  'round-loaded': 'complete-loading',
  'round-departed': 'depart',
  'round-broke-down': 'break-down',
  'round-transferred': 'transfer',
  'round-aborted': 'abort',
  'round-returned': 'return',
  'round-handed-over': 'hand-over',
  'stop-added': 'add-stop',
  'stop-moved': 'move-stop',
  'stop-arrived': 'arrived',
  'stop-left': 'left',
  'stop-failed': 'fail',
  'signature-unverified': 'signature-unverified',
  'centre-served': 'centre-served',
} as const satisfies Record<SupplyRoundFactName, string>;

export type SupplyRoundTimelineEvent = SupplyRoundCommandEvent['name'] | (typeof timelineEventOf)[SupplyRoundFactName] | `rung-${number}`;
