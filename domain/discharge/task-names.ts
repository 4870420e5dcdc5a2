/** The names of an episode's tasks. */

/** Tasks that are due within hours. */
export const clockTaskNames = ['record-plan'] as const;
export type ClockTaskName = (typeof clockTaskNames)[number];

export type DischargeTaskName =
  | ClockTaskName
  | 'contact'
  | 'second-phone'
  | 'home-visit'
  | 'ask-community'
  | 'send-letter'
  | 'closing-contact'
  | 'post-discharge-visit'
  | 'reconcile';
