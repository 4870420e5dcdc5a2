/** What the messages of a resident's stays contradict: people look at it, and it closes itself when the messages contradict it no more. */
import type { Disposition } from '../../../domain/discharge/standing.ts';
import type { ContradictionReason } from '../../directory/tables.ts';
import { beginningOf, findFirstApplied, type Stay, type StoredMessage } from './stays.ts';

export interface Contradiction {
  factId: string;
  hospitalId: string;
  reason: Exclude<ContradictionReason, 'episode-over'>;
}

/** `deceasedAt`: when the resident has died by the register, in milliseconds. */
export function listContradictions(stays: readonly Stay[], deceasedAt: number | null): Contradiction[] {
  return [
    ...stays.flatMap(contradictingMessages),
    ...laterOfTwoOpen(stays),
    ...(deceasedAt === null ? [] : stays.flatMap((stay) => contradictDeath(stay, deceasedAt))),
  ];
}

const contradictingMessages = ({ hospitalId, folded }: Stay): Contradiction[] =>
  [...folded.effects].flatMap(([factId, effect]) => (effect === 'review' ? [{ factId, hospitalId, reason: 'contradicting-message' }] : []));

/** Nobody lies in two wards: the earlier stay should have been discharged. */
function laterOfTwoOpen(stays: readonly Stay[]): Contradiction[] {
  const open = stays
    .filter(({ folded }) => folded.standing?.status === 'admitted')
    .toSorted((one, other) => beginningOf(one) - beginningOf(other));
  return open.slice(1).flatMap((stay) => about(stay, findFirstApplied(stay), 'two-open-stays'));
}

/** An admission after the death, and a discharge of the dead that is taken back. */
function contradictDeath(stay: Stay, deceasedAt: number): Contradiction[] {
  const { standing } = stay.folded;
  if (!standing || standing.status === 'cancelled') return [];
  const takenBack = stay.messages.filter((message) => takesDeathBack(stay, message, deceasedAt));
  return [
    ...(beginningOf(stay) > deceasedAt ? about(stay, findFirstApplied(stay), 'death-contradicted') : []),
    ...takenBack.flatMap(({ factId }) => about(stay, factId, 'death-contradicted')),
  ];
}

function takesDeathBack(stay: Stay, message: StoredMessage, deceasedAt: number): boolean {
  if (!['A13', 'in-progress'].includes(message.event) || stay.folded.effects.get(message.factId) !== 'applied') return false;
  return message.recordedAt.getTime() > deceasedAt || dispositionBefore(stay, message) === 'died';
}

/** How the discharge had been told that the message takes back: by the last message before it that says so. */
function dispositionBefore({ messages, folded }: Stay, { recordedAt, factId }: StoredMessage): Disposition | null {
  const order = [...folded.effects.keys()];
  const before = messages.filter(
    (other) => other.recordedAt <= recordedAt && order.indexOf(other.factId) < order.indexOf(factId) && other.disposition !== null,
  );
  return before.toSorted((one, other) => order.indexOf(one.factId) - order.indexOf(other.factId)).at(-1)?.disposition ?? null;
}

const about = ({ hospitalId }: Stay, factId: string | undefined, reason: Contradiction['reason']): Contradiction[] =>
  factId === undefined ? [] : [{ factId, hospitalId, reason }];
