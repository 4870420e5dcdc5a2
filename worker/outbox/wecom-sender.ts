/**
 * WeCom (企业微信) group robots: POST {msgtype: 'text'} to the robot's address. The answer is 200 whatever happens; errcode says what did.
 * A robot does not deduplicate. When an answer gets lost, the group may read a message twice, and can tell by the number in it.
 */
import { toSendResult } from './http-errors.ts';
import { parseRetryAfterSeconds } from './retry-after.ts';
import type { OutgoingMessage, Sender, SendResult } from './sender.ts';

export interface WecomSenderOptions {
  /** https://qyapi.weixin.qq.com/cgi-bin/webhook/send; the robot's key is added */
  url: string;
  /** The keys of the robots by the id of the team, department or institution whose group they write in; `*` for everybody else. */
  robots: Readonly<Record<string, string>>;
  /** By default 10 s. */
  timeoutMs?: number;
  /** WeCom's limit for one robot, by default 20. */
  messagesPerMinute?: number;
  /** A clock in milliseconds that only goes forward, by default performance.now. */
  monotonicNow?: () => number;
}

/** WeCom takes no longer text, counted in UTF-8. */
const LONGEST_TEXT_BYTES = 2_048;
const MINUTE_MS = 60_000;

export function createWecomSender({
  url,
  robots,
  timeoutMs = 10_000,
  messagesPerMinute = 20,
  monotonicNow = () => performance.now(),
}: WecomSenderOptions): Sender {
  // Messages are counted here to spare refusals. Other processes write through the same robot, so its own refusals count as well.
  const sentAt = new Map<string, number[]>();
  const silentUntil = new Map<string, number>();

  function waitMs(robot: string): number {
    const now = monotonicNow();
    const sent = (sentAt.get(robot) ?? []).filter((at) => at > now - MINUTE_MS);
    sentAt.set(robot, sent);
    const full = sent.length < messagesPerMinute ? 0 : (sent[0] as number) + MINUTE_MS - now;
    return Math.max(0, full, (silentUntil.get(robot) ?? 0) - now);
  }

  return {
    channel: 'wecom',
    async send(message: OutgoingMessage): Promise<SendResult> {
      const robot = findRobot(robots, message.to.groups);
      if (!robot) return { result: 'undeliverable', detail: 'no-wecom-robot', fault: 'address' };
      const wait = waitMs(robot);
      if (wait > 0) return { result: 'failed', detail: 'robot-minute-full', retryAfterSeconds: wait / 1_000, pauses: 'message' };
      sentAt.get(robot)?.push(monotonicNow());
      try {
        const address = new URL(url);
        address.searchParams.set('key', robot);
        const response = await fetch(address, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Idempotency-Key': encodeURI(message.key) },
          body: JSON.stringify({ msgtype: 'text', text: { content: shorten(message.body), ...toMention(message.to.phone) } }),
          // The robot's key must go to WeCom and nowhere else.
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
        });
        const result = await readResponse(response);
        if (result.result === 'failed' && result.pauses === 'message')
          silentUntil.set(robot, monotonicNow() + (result.retryAfterSeconds ?? 0) * 1_000);
        return result;
      } catch (error) {
        return toSendResult(error);
      }
    },
  };
}

function findRobot(robots: Readonly<Record<string, string>>, groups: readonly string[]): string | undefined {
  const own = groups.find((group) => Object.hasOwn(robots, group));
  return own === undefined ? (Object.hasOwn(robots, '*') ? robots['*'] : undefined) : robots[own];
}

/** WeCom finds the member of the group by the telephone number and calls them. The number does not become part of the text. */
const toMention = (phone: string | null): { mentioned_mobile_list?: string[] } =>
  phone ? { mentioned_mobile_list: [phone.replace(/[\s-]/g, '')] } : {};

/** Cuts a text that a robot would refuse as too long, between two characters. Our own texts are a tenth as long. */
function shorten(text: string): string {
  if (Buffer.byteLength(text) <= LONGEST_TEXT_BYTES) return text;
  const room = LONGEST_TEXT_BYTES - Buffer.byteLength('…');
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The robot's own limits: too many messages in this minute, or too many at once. */
const TOO_MANY = new Set([45009, 45033]);
/** WeCom is busy. */
const BUSY = -1;
/** There is no such robot any more. */
const NO_ROBOT = 93000;

async function readResponse(response: Response): Promise<SendResult> {
  const { ok, status, headers } = response;
  if (!ok) {
    await response.body?.cancel();
    const retryAfter = parseRetryAfterSeconds(headers.get('Retry-After'), Date.now());
    const isTemporary = status === 429 || status === 408 || status >= 500;
    if (!isTemporary) return { result: 'undeliverable', detail: `http-${status}`, fault: 'refused' };
    return { result: 'failed', detail: `http-${status}`, ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }) };
  }
  const answer: unknown = await response.json().catch(() => undefined);
  const errcode = typeof answer === 'object' && answer !== null && 'errcode' in answer ? answer.errcode : undefined;
  // Without an errcode the answer does not say whether the message was taken.
  if (typeof errcode !== 'number') return { result: 'unknown', detail: 'no-errcode' };
  if (errcode === 0) return { result: 'sent' };
  const detail = `errcode-${errcode}`;
  if (TOO_MANY.has(errcode)) return { result: 'failed', detail, retryAfterSeconds: MINUTE_MS / 1_000, pauses: 'message' };
  if (errcode === BUSY) return { result: 'failed', detail };
  return { result: 'undeliverable', detail, fault: errcode === NO_ROBOT ? 'address' : 'refused' };
}
