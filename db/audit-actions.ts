/** Everything that the audit records, by name: what people look at, what they change, and what happens on pathways. */
import type { UndeliveredOutcome } from '../domain/interfaces/undelivered.ts';
import type { PathwayKind } from '../domain/kit/registry.ts';
import type { CallOutcome, ConfirmOutcome, LetterOutcome, ReachOutcome } from '../domain/messages/channels.ts';

/** Somebody saw what belongs to a patient. */
export type ReadAction =
  | 'audit.export.read'
  | 'audit.read'
  | 'crisis-reading.read'
  | 'crisis-reading.timeline.read'
  | 'discharge.link.read'
  | 'discharge.list'
  | 'discharge.read'
  | 'discharge.sheet.read'
  | 'discharge.timeline.read'
  | 'discharge.why.read'
  | 'follow-up.list'
  | 'follow-up.read'
  | 'follow-up.timeline.read'
  | 'follow-up.visits.read'
  | 'follow-up.why.read'
  | 'identity-review.list'
  | 'letter.list'
  | 'letter.print'
  | 'pathway.history.read'
  | 'pathway.read'
  | 'merger.list'
  | 'patient.changes.read'
  | 'patient.list'
  | 'patient.read'
  | 'patient.sheet.read'
  | 'protocol.preview-move'
  | 'reading.list'
  | 'reading.fhir.read'
  | 'reading-episode.list'
  | 'referral.fhir.read'
  | 'referral.fhir.search'
  | 'referral.hl7v2.read'
  | 'referral.list'
  | 'referral.read'
  | 'referral.slip.read'
  | 'referral.timeline.read'
  | 'referral.why.read'
  | 'referral-book.read'
  | 'worklist.read';

/** Somebody changed what no pathway decides on. */
export type WriteAction =
  | 'account.activate'
  | 'account.invite'
  | 'account.lock'
  | 'alliance-configuration.draft'
  | 'alliance-configuration.record'
  | 'calendar.publish'
  | `department.${'create' | 'change' | 'close'}`
  | `discharge-document.${'upload' | 'replace' | 'publish' | 'retire'}`
  | `fact.${string}`
  | 'fact-differs'
  | 'identity-review.dismiss'
  | 'identity-review.resolve'
  | `import.${'upload' | 'apply'}`
  | `institution.${'create' | 'change' | 'close'}`
  | 'lesson.publish'
  | 'lesson.write'
  | `letter.${LetterOutcome}`
  | `merger.${'propose' | 'confirm' | 'reject' | 'retract' | 'confirm-retraction'}`
  | 'message-template.publish'
  | 'message-template.write'
  | 'patient.channel'
  | 'patient.correct'
  | 'patient.create'
  | `patient.${'report-death' | 'confirm-death' | 'refute-death' | 'retract-death' | 'confirm-retraction'}`
  | `password.${'change' | 'set'}`
  | 'person.channel'
  | `post.${'give' | 'end'}`
  | 'protocol.order-move'
  | 'protocol.publish'
  | 'protocol.replace'
  | 'protocol.retire'
  | 'protocol.upload'
  | 'reading.mark-entered-in-error'
  | 'reading.record'
  | 'reading-episode.close'
  | 'reading-episode.raise'
  | `second-factor.${'begin' | 'confirm' | 'remove' | 'propose-reset' | 'reset'}`
  | `session.${'create' | 'end' | 'switch' | 'unlock'}`
  | 'slot.create'
  | 'slot.create-series'
  | 'slot.withdraw'
  | `staff.${'create' | 'change' | 'deactivate'}`
  | 'task.claim'
  | 'task.release'
  | 'task.reschedule'
  | `team.${'create' | 'change' | 'close'}`
  | 'visit.mark-entered-in-error'
  | 'visit.record'
  | `task.${CallOutcome | LetterOutcome | ReachOutcome | ConfirmOutcome | UndeliveredOutcome}`;

/** A command, a fact or an obligation of a pathway: its kind and the name of the event. */
export type StepAction = `${PathwayKind}.${string}`;

/** Hashes of sealed entries depend on this: a name that was a read once stays one, and a new one ends like these. */
export const readEndings = /\.(read|list|search|print|preview-move)$/;
type ReadName = `${string}.${'read' | 'list' | 'search' | 'print' | 'preview-move'}`;
true satisfies [Exclude<ReadAction, ReadName>, Extract<WriteAction, ReadName>] extends [never, never] ? true : false;

export const isReadAction = (action: string): boolean => readEndings.test(action);
