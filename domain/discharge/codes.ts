/** The codes of an episode: its states, its duties, and what is recorded of them. */
export const episodeStatuses = ['admitted', 'discharged', 'suspended', 'ended'] as const;
export type EpisodeStatus = (typeof episodeStatuses)[number];

export const endReasons = ['completed', 'expired', 'lost', 'withdrawn', 'readmitted', 'transferred', 'cancelled', 'died'] as const;
export type EndReason = (typeof endReasons)[number];

export const dutyNames = ['plan', 'contact', 'visit', 'reconciliation', 'closing-contact'] as const;
export type DutyName = (typeof dutyNames)[number];

/** What is owed while the patient is in hospital. */
export const inStayDutyNames = ['briefing', 'results', 'education'] as const;
export type InStayDutyName = (typeof inStayDutyNames)[number];

export const inStayStates = ['open', 'done', 'missed'] as const;
export type InStayState = (typeof inStayStates)[number];

export const understandings = ['yes', 'partly', 'no'] as const;
export type Understanding = (typeof understandings)[number];

export const dutyStates = ['waiting', 'open', 'overdue', 'done', 'missed', 'not-reached', 'lost', 'withdrawn'] as const;
export type DutyState = (typeof dutyStates)[number];

export const contactChannels = ['phone', 'second-phone', 'home', 'community', 'letter', 'incoming'] as const;
export type ContactChannel = (typeof contactChannels)[number];

/** no-answer: also where the community knows nothing, and of a letter that was sent. */
export const contactOutcomes = ['reached', 'no-answer', 'call-later', 'wrong-number', 'refused', 'moved', 'dead'] as const;
export type ContactOutcome = (typeof contactOutcomes)[number];

export const triageActions = ['advise', 'visit', 'refer', 'emergency'] as const;
export type TriageAction = (typeof triageActions)[number];

export const visitModes = ['clinic', 'home', 'video'] as const;
export type VisitMode = (typeof visitModes)[number];
