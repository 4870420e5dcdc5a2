/** Which messages to a resident wait for others of their day, and for how long a message of several parts is worth sending. Pure; instants are in milliseconds. */
import type { MessageStanding, QueuedMessage } from '../kit/pathway.ts';
import { messageStanding, type StoredMessage } from './message-standing.ts';
import { findResidentText, residentTexts } from './templates.ts';

/** Returns whether a message goes at once at an instant of its pathway's clock; otherwise it goes with the others of its day. */
export function goesAtOnce({ template }: Pick<QueuedMessage, 'template'>, standing: MessageStanding, at: number): boolean {
  const text = findResidentText(template);
  if (text?.sending !== 'with-others' || standing.emergency || standing.urgency !== 'routine') return true;
  const { atOnceBeforeSeconds } = text;
  return atOnceBeforeSeconds !== undefined && standing.usefulUntil !== null && standing.usefulUntil - at <= atOnceBeforeSeconds * 1_000;
}

/** The templates of messages that may wait for others. */
export const templatesWithOthers: readonly string[] = Object.entries(residentTexts)
  .filter(([, { sending }]) => sending === 'with-others')
  .map(([template]) => template);

/** The templates of messages that cost nobody a call of their own. */
export const templatesThatNeverCall: readonly string[] = Object.entries(residentTexts)
  .filter(([, { neverCalls }]) => neverCalls)
  .map(([template]) => template);

/** A part of a message, with the pathway that wrote it. */
export interface StoredPart extends Omit<StoredMessage, 'audience'> {
  id: string;
  /** How far the clock of its pathway was pushed forward. */
  offsetMs: number;
}

export interface PartStanding {
  id: string;
  /** Why the part must not go any more; null while it is meant. */
  dropped: string | null;
  /** On the wall clock. */
  usefulUntil: number | null;
}

/** Returns how each part stands at an instant of the wall clock. */
export const partStandings = (parts: readonly StoredPart[], at: number): PartStanding[] =>
  parts.map((part) => {
    const { outdated, usefulUntil: until } = messageStanding({ ...part, audience: 'patient' });
    const usefulUntil = until === null ? null : until - part.offsetMs;
    const isOver = usefulUntil !== null && usefulUntil <= at;
    return { id: part.id, dropped: outdated ?? (isOver ? 'too-late' : null), usefulUntil };
  });

/** Returns when the first of the parts ceases to be worth telling; null when none does. */
export function earliestUse(parts: readonly Pick<PartStanding, 'usefulUntil'>[]): number | null {
  const ends = parts.flatMap(({ usefulUntil }) => usefulUntil ?? []);
  return ends.length > 0 ? Math.min(...ends) : null;
}
