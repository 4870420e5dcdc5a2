/**
 * Sends institutions' own systems a message of each step as it happens, over MLLP or HTTP: at least once, in order for each pathway, until they
 * have answered. The same step is always the same message with the same control id, so that a receiver can tell a repetition. Any number of
 * senders may run side by side.
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
import { type Backoff, wholeBackoffSeconds } from '../../db/kit/leased-queue.ts';
import { queueCadences } from '../../db/kit/queue-cadences.ts';
import type { Log } from '../../platform/log.ts';
import { createRounds, type Idle, type Rounds } from '../../platform/rounds.ts';
import { exchangeMessage } from './kit/exchange-message.ts';
import { findSegment, parseMessage, valueAt } from './kit/message.ts';
import { readAcknowledgement } from './kit/read-acknowledgement.ts';
import { findMessageWriter } from './registry.ts';

export interface Hl7v2Sender extends Rounds {
  /** Sends the messages that are due. Resolves with the number of attempts; rejects when Postgres does not answer. */
  sendOnce(): Promise<number>;
}

/** So many messages are on their way at a time. */
const BATCH = 20;
/** The lease of queueCadences.hl7v2 is longer, so that no other sender sends the message meanwhile. */
const ANSWER_WITHIN_MS = 10_000;
const RETRY_MS = 1_000;

export interface SenderOptions {
  db: Database;
  log: Pick<Log, 'warn' | 'error'>;
  /** The address of each institution's system, by the institution's id. */
  endpoints: Endpoints;
  answerWithinMs?: number;
  retry?: Backoff;
  /** Until when it rests that has nothing to send; by default a second. */
  idle?: Idle;
}

export function createHl7v2Sender(options: SenderOptions): Hl7v2Sender {
  const { db, log, endpoints, answerWithinMs = ANSWER_WITHIN_MS, retry = queueCadences.hl7v2.retry, idle } = options;
  let configured = false;

  async function deliver(due: DueDelivery): Promise<void> {
    const { pathwayId, version, institutionId, url, attempts } = due;
    const logFields = { pathwayId, version, institutionId, attempts };
    const retryLater = () => retryMessage(db, due, wholeBackoffSeconds(attempts, retry));
    try {
      const message = await findMessageWriter(due.pathwayKind)?.(db, due);
      if (message === undefined) return await settleMessage(db, due, 'dropped');
      const answer = readAnswer(await exchangeMessage(url, message, answerWithinMs), message);
      switch (answer.code) {
        case 'AA':
        case 'CA':
          return await settleMessage(db, due, 'accepted');
        case 'AE':
        case 'CE':
          // The receiver understood the message and would refuse it again. People have to see to it; later steps are still sent.
          log.error({ ...logFields, condition: answer.condition }, 'hl7v2 message refused by its receiver');
          return await settleMessage(db, due, 'refused', answer.condition);
        default:
          log.warn({ ...logFields, code: answer.code }, 'hl7v2 message not taken yet');
          return await retryLater();
      }
    } catch (error) {
      log.warn({ ...logFields, err: error }, 'hl7v2 message not delivered yet');
      await retryLater();
    }
  }

  async function sendOnce(): Promise<number> {
    const due = await leaseDueMessages(db, { limit: BATCH });
    await Promise.all(due.map(deliver));
    return due.length;
  }

  const rounds = createRounds(async () => {
    try {
      if (!configured) await setEndpoints(db, endpoints);
      configured = true;
      const sent = await sendOnce();
      if (endpoints.size === 0) return 'end';
      return sent > 0 ? 0 : 'idle';
    } catch (error) {
      log.warn({ err: error, configured }, 'hl7v2 messages could not be sent');
      return RETRY_MS;
    }
  }, idle);

  return { sendOnce, ...rounds };
}

/** Reads the acknowledgement code and the error condition. Throws when the text is no answer to this message. */
function readAnswer(text: string, message: string): { code: string; condition: string } {
  const { controlId, ...answer } = readAcknowledgement(text);
  const sent = parseMessage(message);
  if (controlId !== valueAt(sent, findSegment(sent, 'MSH'), { field: 10 })) throw new Error('The answer is about another message.');
  return answer;
}
