/** The steps of a referral that IHE 360X has a message for, so that the system of an institution can be sent it. */
import type { ReferralTrigger } from './transitions.ts';

/** Steps in which an institution is asked. The message is a new request and goes to that institution, whichever side took the step. */
const requestSteps = ['send-referral-package', 'refer-onward', 'reroute'] as const satisfies readonly ReferralTrigger[];

/** Steps of one side that the other side gets a message about. */
const notifyingSteps = [
  'send-acceptance',
  'send-decline',
  'request-cancellation',
  'confirm-cancellation',
  'schedule-visit',
  'reschedule-visit',
  'report-no-show',
  'cancel-appointment',
  'send-interim-note',
  'send-outcome',
  'withdraw',
] as const satisfies readonly ReferralTrigger[];

export type NotifyingStep = (typeof notifyingSteps)[number];

/** `step` is the event of a line in the timeline. */
export const isRequestStep = (step: string): boolean => requestSteps.some((one) => one === step);

/** `step` is the event of a line in the timeline. */
export const isNotifyingStep = (step: string): step is NotifyingStep => notifyingSteps.some((one) => one === step);
