/**
 * Sends institutions' own systems a message of each step as it happens, over MLLP or HTTP: at least once, in order for each pathway, until they
 * have answered. The same step is always the same message with the same control id, so that a receiver can tell a repetition. A message that
 * nobody answers, or that is refused, becomes a task of a person and holds up nothing but the later ones of its own pathway. Any number of senders may
 * run side by side.
 */
import {
  type DueDelivery,
  type Endpoints,
  leaseDueMessages,
  noteControlId,
  retryMessage,
  setEndpoints,
  settleMessage,
} from '../../db/hl7v2/deliveries.ts';
import { tellPeople } from '../../db/hl7v2/undelivered-tasks.ts';
import type { Database } from '../../db/kit/database.ts';
import { type Backoff, wholeBackoffSeconds } from '../../db/kit/leased-queue.ts';
import { queueCadences } from '../../db/kit/queue-cadences.ts';
import type { Trouble, TroubleKind } from '../../domain/interfaces/undelivered.ts';
import type { Log } from '../../platform/log.ts';
import { createRounds, type Idle, type Rounds } from '../../platform/rounds.ts';
import { exchangeMessage } from './kit/exchange-message.ts';
import { findSegment, parseMessage, valueAt } from './kit/message.ts';
import { type Acknowledgement, findAnswer, readAcknowledgements } from './kit/read-acknowledgement.ts';
import { findMessageWriter } from './registry.ts';

export interface Hl7v2Sender extends Rounds {
  /** Sends the messages that are due and waits for what comes of them. Resolves with the number of attempts; rejects when Postgres does not answer. */
  sendOnce(): Promise<number>;
}

/** So many messages a round are sent to each institution. */
const BATCH = 20;
/** An institution that leaves so many messages without an answer at a time gets no further ones until some are answered or given up. */
const MOST_UNDER_WAY = 40;
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

/** What is known of a message before it leaves. */
type Sent = Pick<Trouble, 'controlId' | 'messageType'>;

const NOT_WRITTEN: Sent = { controlId: null, messageType: null };

const troubleOf = (sent: Sent, kind: TroubleKind, answer?: Acknowledgement): Trouble => ({
  kind,
  ...sent,
  code: answer?.code || null,
  condition: answer?.condition || null,
  place: answer?.place || null,
});

export function createHl7v2Sender(options: SenderOptions): Hl7v2Sender {
  const { db, log, endpoints, answerWithinMs = ANSWER_WITHIN_MS, retry = queueCadences.hl7v2.retry, idle } = options;
  let configured = false;
  const underWay = new Map<Promise<void>, string>();

  async function deliver(due: DueDelivery): Promise<void> {
    const { pathwayId, version, institutionId, url, attempts } = due;
    const logFields = { pathwayId, version, institutionId, attempts };
    const retryLater = (trouble: Trouble) => retryMessage(db, due, wholeBackoffSeconds(attempts, retry), trouble);
    let sent = NOT_WRITTEN;
    try {
      const message = await findMessageWriter(due.pathwayKind)?.(db, due);
      if (message === undefined) {
        await settleMessage(db, due, 'dropped');
        return;
      }
      const header = headerOf(message);
      if (due.controlId !== header.controlId) await noteControlId(db, due, header.controlId);
      sent = header;
      const text = await exchangeMessage(url, message, { withinMs: answerWithinMs, mayBeFollowed: isCommitOnly });
      const answer = readAnswer(text, header.controlId);
      const code = answer?.code ?? '';
      switch (code) {
        case 'AA':
        case 'CA':
          await settleMessage(db, due, 'accepted');
          return;
        case 'AE':
        case 'CE':
          log.error({ ...logFields, code, condition: answer?.condition }, 'hl7v2 message refused by its receiver');
          return await retryLater(troubleOf(sent, 'refused', answer));
        case 'AR':
        case 'CR':
          log.warn({ ...logFields, code }, 'hl7v2 message not taken yet');
          return await retryLater(troubleOf(sent, 'rejected', answer));
        default:
          log.warn(logFields, 'hl7v2 message answered by something else');
          return await retryLater(troubleOf(sent, 'not-understood'));
      }
    } catch (error) {
      log.warn({ ...logFields, err: error }, 'hl7v2 message not delivered yet');
      await retryLater(troubleOf(sent, sent === NOT_WRITTEN ? 'not-written' : 'no-answer'));
    }
  }

  /** A failure to write down what came of it leaves the lease, after which the message goes again. */
  async function start(due: DueDelivery): Promise<void> {
    const delivery = deliver(due)
      .catch((error: unknown) => log.warn({ err: error, pathwayId: due.pathwayId }, 'hl7v2 delivery not written down'))
      .finally(() => underWay.delete(delivery));
    underWay.set(delivery, due.institutionId);
    return delivery;
  }

  async function startDue(): Promise<Promise<void>[]> {
    const counts = Map.groupBy(underWay.values(), (institutionId) => institutionId);
    const busy = [...counts].flatMap(([institutionId, { length }]) => (length >= MOST_UNDER_WAY ? [institutionId] : []));
    const due = await leaseDueMessages(db, { limit: BATCH, busy });
    return due.map(start);
  }

  async function sendOnce(): Promise<number> {
    const started = await startDue();
    await Promise.all(started);
    await tellPeople(db);
    return started.length;
  }

  const rounds = createRounds(async () => {
    try {
      if (!configured) await setEndpoints(db, endpoints);
      configured = true;
      if (endpoints.size === 0) return 'end';
      // Nobody waits here for an answer: a system that stands still must not hold up the others.
      const [started, told] = [await startDue(), await tellPeople(db)];
      return started.length + told > 0 ? 0 : 'idle';
    } catch (error) {
      log.warn({ err: error, configured }, 'hl7v2 messages could not be sent');
      return RETRY_MS;
    }
  }, idle);

  return {
    sendOnce,
    start: () => rounds.start(),
    async stop() {
      await rounds.stop();
      await Promise.all(underWay.keys());
    },
  };
}

function headerOf(message: string): { controlId: string; messageType: string } {
  const written = parseMessage(message);
  const msh = findSegment(written, 'MSH');
  const at = (field: number, component = 1) => valueAt(written, msh, { field, component });
  return { controlId: at(10), messageType: `${at(9)}^${at(9, 2)}` };
}

/** Undefined where the text is no answer to this message. */
function readAnswer(text: string, controlId: string): Acknowledgement | undefined {
  try {
    return findAnswer(text, controlId);
  } catch {
    return undefined;
  }
}

/** The message was stored, and the application may still say what became of it. */
function isCommitOnly(text: string): boolean {
  try {
    return readAcknowledgements(text).every(({ code }) => code === 'CA');
  } catch {
    return false;
  }
}
