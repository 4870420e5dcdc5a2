/** One channel of the outbox: the messages that are under way, how many more there may be, and until when the channel is paused. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../db/kit/database.ts';
import { type Backoff, backoffSeconds } from '../../db/kit/leased-queue.ts';
import { countOpenWork } from '../../db/messages/digest.ts';
import { leaseDue, reviewInHand } from '../../db/messages/lease.ts';
import type { Clock, LeasedMessage } from '../../db/messages/leased-message.ts';
import { findMessageRecipient, type MessageRecipient } from '../../db/messages/message-recipient.ts';
import { type AttemptOutcome, type Recording, recordResult } from '../../db/messages/outbox.ts';
import { partVersionsIn, toSurroundings, versionIn } from '../../db/messages/surroundings.ts';
import {
  type DigestCounts,
  digestTemplate,
  isEmptyDigest,
  readNews,
  renderDigest,
  toDigestParameters,
} from '../../domain/messages/digest.ts';
import { audienceOf } from '../../domain/messages/message-standing.ts';
import type { MessageSecrets } from '../../domain/messages/resident-text.ts';
import { isMessageTemplate, type MessageText, renderMessage } from '../../domain/messages/templates.ts';
import type { Log } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Idle } from '../../platform/rounds.ts';
import type { OutgoingMessage, Sender, SendResult } from './sender.ts';

export interface ChannelOptions {
  db: Database;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  metrics: Pick<Metrics, 'messages'> | undefined;
  batch: number;
  concurrency: number;
  leaseSeconds: number;
  sendTimeoutSeconds: number;
  /** Until when the channel rests that has nothing due. */
  idle: Idle;
  backoff: Backoff;
  clock: Clock;
  /** The channels that have a sender in this process. */
  served: readonly string[];
  /** Where staff do what a digest tells them of. */
  link: string;
  /** What only the reader of a message may have. */
  secretsOf: (parameters: LeasedMessage['parameters']) => MessageSecrets;
}

/** A result that is not recorded leads to a second delivery, so recording is tried again through a short outage of the database. */
const RECORD_TRIES = 4;
const RECORD_RETRY_MS = 500;

export class ChannelQueue {
  readonly #sender: Sender;
  readonly #options: ChannelOptions;
  readonly #underWay = new Set<Promise<void>>();
  /** An instant on this process' monotonic clock. Each process learns of a pause by an answer of its own. */
  #pausedUntilMs = 0;

  constructor(sender: Sender, options: ChannelOptions) {
    this.#sender = sender;
    this.#options = options;
  }

  /** Claims as many due messages as may be under way at once and begins to send them. Resolves with their number, before they are sent. */
  async claimAndSend(): Promise<number> {
    const limit = Math.min(this.#options.batch, this.#free);
    if (limit === 0 || performance.now() < this.#pausedUntilMs) return 0;
    const { db, clock, leaseSeconds } = this.#options;
    const { channel, byHand } = this.#sender;
    if (byHand) await reviewInHand(db, { channel, clock });
    for (;;) {
      const { messages, looked } = await leaseDue(db, { channel, limit, leaseSeconds, clock });
      for (const message of messages) {
        const delivery = this.#deliver(message).finally(() => this.#underWay.delete(delivery));
        this.#underWay.add(delivery);
      }
      // Messages that were only postponed or withdrawn take no place. The next ones are claimed at once, so that none waits behind a night's worth of them.
      if (messages.length > 0 || looked === 0) return messages.length;
    }
  }

  /** Resolves when nothing is under way. */
  async waitUntilIdle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Claims and sends what is due until `stop`, then waits for what is under way. It never rejects. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const claimed = await this.claimAndSend().catch((error: unknown) => {
        this.#options.log.error({ channel: this.#sender.channel, err: error }, 'messages could not be claimed');
        return 0;
      });
      if (this.#free === 0) await Promise.race(this.#underWay);
      else if (claimed === 0) await this.#options.idle(stop);
    }
    await this.waitUntilIdle();
  }

  get #free(): number {
    return this.#options.concurrency - this.#underWay.size;
  }

  /** It never rejects. Whatever goes wrong here, the message is due again when its lease runs out. */
  async #deliver(message: LeasedMessage): Promise<void> {
    const { log, metrics, backoff } = this.#options;
    const { outcome, ...sent } = await this.#attempt(message);
    metrics?.messages.inc({ channel: message.channel, result: outcome.result });
    const fields = { messageId: message.id, channel: message.channel, attempt: message.attempt };
    if (outcome.result === 'undeliverable') log.warn({ ...fields, ...outcome }, 'message undeliverable');
    else log.info({ ...fields, ...outcome }, 'message attempted');

    const retryAfter = outcome.result === 'failed' ? (outcome.retryAfterSeconds ?? 0) : 0;
    if (retryAfter > 0 && outcome.result === 'failed' && outcome.pauses !== 'message') this.#pause(retryAfter);
    // A refusal does not change by being quick, so its first wait is the longest one.
    const wait = outcome.result === 'undeliverable' ? backoff.capSeconds : backoffSeconds(message.attempt, Math.random(), backoff);
    await this.#record(message, outcome, { retryInSeconds: Math.max(wait, retryAfter), ...sent });
  }

  async #attempt(message: LeasedMessage): Promise<Attempted> {
    try {
      const recipient = await findMessageRecipient(this.#options.db, message);
      if (!recipient) return withoutText({ result: 'undeliverable', detail: 'no-recipient', fault: 'address' });
      const { template, parameters } = message;
      const audience = audienceOf(message.recipientType);
      if (template === digestTemplate) return await this.#sendDigest(message, recipient);
      // While a new version is rolled out, an older worker meets messages of a newer one, which will send them itself.
      if (!isMessageTemplate(template)) return withoutText({ result: 'failed', detail: 'unknown-template' });
      const { surroundings, ...to } = recipient;
      const text = renderMessage({
        template,
        kind: message.pathwayKind,
        parameters: { referralId: message.pathwayId, ...parameters },
        audience,
        language: recipient.language,
        around: {
          ...(surroundings ? toSurroundings(surroundings, message.at) : { centre: null, place: null, now: message.at }),
          secrets: this.#options.secretsOf(parameters),
        },
      });
      const outcome = await this.#sendInTime(message, to, text);
      if (!surroundings) return { outcome, templateVersion: null };
      return surroundings.parts
        ? { outcome, partVersions: partVersionsIn(surroundings) }
        : { outcome, templateVersion: versionIn(surroundings) };
    } catch (error) {
      return withoutText({ result: 'failed', detail: codeOf(error) });
    }
  }

  /** Counts when it goes, because tasks that are done by then need no telling. */
  async #sendDigest(message: LeasedMessage, recipient: MessageRecipient): Promise<Attempted> {
    const counts: DigestCounts = { ...(await countOpenWork(this.#options.db, message)), news: readNews(message.parameters) };
    if (isEmptyDigest(counts)) return withoutText({ result: 'needless' });
    const outcome = await this.#sendInTime(message, recipient, renderDigest(counts, message.at, this.#options.link, recipient.language));
    return { outcome, counts: toDigestParameters(counts) };
  }

  /** A sender has its own time-outs; this one keeps a sender that hangs from holding its place for ever. */
  async #sendInTime({ id, key }: LeasedMessage, to: OutgoingMessage['to'], text: MessageText): Promise<SendResult> {
    const sent = new AbortController();
    const tooLate = sleep(this.#options.sendTimeoutSeconds * 1_000, undefined, { signal: sent.signal }).then(
      (): SendResult => ({ result: 'unknown', detail: 'sender-hangs' }),
    );
    // When the sender is in time, `sent` ends the wait, which rejects.
    tooLate.catch(() => {});
    try {
      return await Promise.race([this.#sender.send({ id, key, to, ...text }), tooLate]);
    } finally {
      sent.abort();
    }
  }

  #pause(seconds: number): void {
    const until = performance.now() + seconds * 1_000;
    if (until <= this.#pausedUntilMs) return;
    this.#pausedUntilMs = until;
    this.#options.log.warn({ channel: this.#sender.channel, seconds }, 'channel paused: the receiver asked for it');
  }

  async #record(message: LeasedMessage, outcome: AttemptOutcome, recording: Pick<Recording, 'retryInSeconds'> & Written): Promise<void> {
    const { served, clock } = this.#options;
    for (let tried = 1; ; tried++) {
      try {
        await recordResult(this.#options.db, message, outcome, { ...recording, served, clock });
        return;
      } catch (error) {
        this.#options.log.error({ messageId: message.id, attempt: message.attempt, tried, err: error }, 'result could not be recorded');
        if (tried === RECORD_TRIES) return;
        await sleep(RECORD_RETRY_MS * tried);
      }
    }
  }
}

/** What is kept of a text: its version where it has versions, and what was counted for it. */
type Written = Pick<Recording, 'templateVersion' | 'partVersions' | 'counts'>;

interface Attempted extends Written {
  outcome: SendResult | { result: 'needless' };
}

const withoutText = (outcome: Attempted['outcome']): Attempted => ({ outcome });

/** The code of an error, or its class: messages of errors may carry a statement's values. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown-error';
  const code = 'code' in error ? String(error.code) : '';
  return /^[A-Za-z0-9_]{1,40}$/.test(code) ? code : error.name;
}
