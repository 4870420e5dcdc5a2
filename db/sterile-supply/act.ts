/**
 * A physical act: somebody has done something with things. It is one transaction, which locks the rows, judges by `domain/`, appends to the ledger and
 * lays down the facts that pathways hear; it works while Temporal is down.
 */
import type { ErrorCode } from '../../domain/kit/errors.ts';
import type { Words } from '../../domain/kit/language.ts';
import type { Actor, Refusal } from '../../domain/kit/pathway.ts';
import type { Trx } from '../kit/transaction.ts';

/** Who did it and when. */
export interface Act {
  trx: Trx;
  actor: Actor;
  /** When it happened, as whoever did it says. */
  happenedAt: Date;
  /** The server's clock, or that of the load or round. What blocks is judged as known then. */
  recordedAt: Date;
  /** It was told more than 24 hours after it happened. */
  late: boolean;
  requestId: string;
  /** The scan that it comes from. A scan is an observation: it is interpreted and never refused. */
  scanId: string | null;
}

/** Thrown by what judges an act; the transaction is rolled back, and the caller is answered with the error. */
export class ActRefused extends Error {
  readonly code: ErrorCode;
  /** Further members of the problem: ids and codes only. */
  readonly members: Record<string, unknown>;
  /** What is wrong where in the body. */
  readonly fields: readonly FieldFlaw[];

  constructor(code: ErrorCode, members: Record<string, unknown> = {}, fields: readonly FieldFlaw[] = []) {
    super(code);
    this.code = code;
    this.members = members;
    this.fields = fields;
  }
}

/** `path` in the body, such as `packIds.3`. */
export interface FieldFlaw {
  path: string;
  message: Words;
}

/** The body names what does not exist, or does not fit: 422. */
export const refuseField = (path: string, message: Words): ActRefused => new ActRefused('invalid-request', {}, [{ path, message }]);

/** The state of the thing does not allow the act. */
export const refuseTransition = (state: string, allowed: readonly string[]): ActRefused =>
  new ActRefused('transition-not-allowed', { state, allowed });

/** For a projection: what the tables refuse becomes the refusal of the command. Everything else is thrown on. */
export async function refusalOf(work: () => Promise<void>): Promise<Refusal | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof ActRefused)) throw error;
    return toRefusal(error);
  }
}

export const toRefusal = ({ code, members }: ActRefused): Refusal => ({ code, members });

const LATE_MS = 86_400_000;

export const isLate = (happenedAt: Date, recordedAt: Date): boolean => recordedAt.getTime() - happenedAt.getTime() > LATE_MS;

/** The actor of what nobody did: a sweep, a timer, a fact. */
export const systemActor: Actor = { personId: 'system', institutionId: '', role: 'system' };
