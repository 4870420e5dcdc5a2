/**
 * Tells institutions' own systems of each step as it happens, over MLLP or HTTP: at least once, in order for each referral, until they have
 * answered. The same step is always the same message with the same control id, so a receiver can tell a repetition. Any number of senders may
 * run side by side.
 */

import {
  type DueDelivery,
  type Endpoints,
  leaseDueMessages,
  retryMessage,
  setEndpoints,
  settleMessage,
} from '../../db/hl7v2/deliveries.ts';
import type { Database } from '../../db/kit/database.ts';
import { findReferral } from '../../db/referral/referrals.ts';
import { stepsOfReferral, surroundingsOf } from '../../db/referral/steps.ts';
import type { Log } from '../../platform/log.ts';
import { createRounds, type Rounds } from '../../platform/rounds.ts';
import { firstOf, parseMessage, valueAt } from './message.ts';
import { exchange } from './outgoing-transport.ts';
import { messageOfStep } from './write-referral.ts';

export interface Hl7v2Sender extends Rounds {
  /** Sends what is due. Resolves with the number of messages attempted; rejects when Postgres does not answer. */
  sendOnce(): Promise<number>;
}

const BATCH = 20;
const ANSWER_WITHIN_MS = 10_000;
/** Longer than an exchange: nobody else sends it meanwhile. */
const LEASE_MS = 30_000;
const IDLE_MS = 1_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;

export interface SenderOptions {
  db: Database;
  log: Pick<Log, 'warn' | 'error'>;
  /** where institutions' systems listen, by institution */
  endpoints: Endpoints;
  answerWithinMs?: number;
  firstRetryMs?: number;
}

export function createHl7v2Sender(options: SenderOptions): Hl7v2Sender {
  const { db, log, endpoints, answerWithinMs = ANSWER_WITHIN_MS, firstRetryMs = FIRST_RETRY_MS } = options;
  let configured = false;

  async function deliver(due: DueDelivery): Promise<void> {
    const { pathwayId, version, institutionId, url, attempts } = due;
    const about = { pathwayId, version, institutionId, attempts };
    const later = () => retryMessage(db, due, Math.min(LONGEST_RETRY_MS, firstRetryMs * 2 ** Math.min(attempts - 1, 10)));
    try {
      const message = await messageFor(db, due);
      if (message === undefined) return await settleMessage(db, due, 'dropped');
      const answer = answerIn(await exchange(url, message, answerWithinMs), message);
      switch (answer.code) {
        case 'AA':
        case 'CA':
          return await settleMessage(db, due, 'accepted');
        case 'AE':
        case 'CE':
          // It was understood and will be refused again: people have to see to it, and later steps are still told.
          log.error({ ...about, condition: answer.condition }, 'hl7v2 message refused by its receiver');
          return await settleMessage(db, due, 'refused', answer.condition);
        default:
          log.warn({ ...about, code: answer.code }, 'hl7v2 message not taken yet');
          return await later();
      }
    } catch (error) {
      log.warn({ ...about, err: error }, 'hl7v2 message not delivered yet');
      await later();
    }
  }

  async function sendOnce(): Promise<number> {
    const due = await leaseDueMessages(db, { limit: BATCH, leaseMs: LEASE_MS });
    await Promise.all(due.map(deliver));
    return due.length;
  }

  const rounds = createRounds(async () => {
    try {
      if (!configured) await setEndpoints(db, endpoints);
      configured = true;
      const sent = await sendOnce();
      if (endpoints.size === 0) return 'end';
      return sent > 0 ? 0 : IDLE_MS;
    } catch (error) {
      log.warn({ err: error, configured }, 'hl7v2 messages could not be sent');
      return IDLE_MS;
    }
  });

  return { sendOnce, ...rounds };
}

/** undefined: the step has no message for this institution. */
async function messageFor(db: Database, { pathwayId, version, institutionId }: DueDelivery): Promise<string | undefined> {
  const record = await findReferral(db, pathwayId);
  if (!record) return undefined;
  const [steps, surroundings] = await Promise.all([stepsOfReferral(db, record), surroundingsOf(db, record)]);
  const written = steps.filter((step) => step.version === version).flatMap((step) => messageOfStep(record, step, surroundings) ?? []);
  return written.find(({ to }) => to === institutionId)?.message;
}

/** Throws when it is no answer to this message. */
function answerIn(text: string, message: string): { code: string; condition: string } {
  const answer = parseMessage(text);
  const msa = firstOf(answer, 'MSA');
  const [sent, answered] = [parseMessage(message), valueAt(answer, msa, { field: 2 })];
  if (answered !== valueAt(sent, firstOf(sent, 'MSH'), { field: 10 })) throw new Error('The answer is about another message.');
  return { code: valueAt(answer, msa, { field: 1 }), condition: valueAt(answer, firstOf(answer, 'ERR'), { field: 3 }) };
}
