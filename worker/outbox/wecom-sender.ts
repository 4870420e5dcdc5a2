/**
 * WeCom (企业微信) group robots: POST {msgtype: 'text'} to the robot's address. The answer is 200 whatever happens; errcode says what did.
 * A robot does not deduplicate: after an answer that got lost the group may read a message twice, and sees the same number in it.
 */
import { judgeError } from './http-errors.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { OutgoingMessage, Sender, SendResult } from './sender.ts';

export interface WecomSenderOptions {
  /** https://qyapi.weixin.qq.com/cgi-bin/webhook/send; the robot's key is added */
  url: string;
  /** keys of the robots by the team, department or institution whose group they speak in; `*` for everybody else */
  robots: Readonly<Record<string, string>>;
  /** default 10 s */
  timeoutMs?: number;
  /** a robot's own limit, default 20 */
  messagesPerMinute?: number;
  /** milliseconds that only go forward, default performance.now */
  monotonicNow?: () => number;
}

/** Of the text, in UTF-8. */
const LONGEST_BYTES = 2_048;
const MINUTE_MS = 60_000;

export function createWecomSender({
  url,
  robots,
  timeoutMs = 10_000,
  messagesPerMinute = 20,
  monotonicNow = () => performance.now(),
}: WecomSenderOptions): Sender {
  // Counted here so that a full minute costs no refusal; other processes speak through the same robot, so its own refusal counts too.
  const spokenAt = new Map<string, number[]>();
  const silentUntil = new Map<string, number>();

  function waitMs(robot: string): number {
    const now = monotonicNow();
    const spoken = (spokenAt.get(robot) ?? []).filter((at) => at > now - MINUTE_MS);
    spokenAt.set(robot, spoken);
    const full = spoken.length < messagesPerMinute ? 0 : (spoken[0] as number) + MINUTE_MS - now;
    return Math.max(0, full, (silentUntil.get(robot) ?? 0) - now);
  }

  return {
    channel: 'wecom',
    async send(message: OutgoingMessage): Promise<SendResult> {
      const robot = robotOf(robots, message.to.groups);
      if (!robot) return { result: 'undeliverable', detail: 'no-wecom-robot', fault: 'address' };
      const wait = waitMs(robot);
      if (wait > 0) return { result: 'failed', detail: 'robot-minute-full', retryAfterSeconds: wait / 1_000, pauses: 'message' };
      spokenAt.get(robot)?.push(monotonicNow());
      try {
        const address = new URL(url);
        address.searchParams.set('key', robot);
        const response = await fetch(address, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Idempotency-Key': encodeURI(message.key) },
          body: JSON.stringify({ msgtype: 'text', text: { content: shortened(message.body), ...mentioning(message.to.phone) } }),
          redirect: 'manual', // the robot's key goes where it was meant to and nowhere else
          signal: AbortSignal.timeout(timeoutMs),
        });
        const result = await judge(response);
        if (result.result === 'failed' && result.pauses === 'message')
          silentUntil.set(robot, monotonicNow() + (result.retryAfterSeconds ?? 0) * 1_000);
        return result;
      } catch (error) {
        return judgeError(error);
      }
    },
  };
}

function robotOf(robots: Readonly<Record<string, string>>, groups: readonly string[]): string | undefined {
  const own = groups.find((group) => Object.hasOwn(robots, group));
  return own === undefined ? (Object.hasOwn(robots, '*') ? robots['*'] : undefined) : robots[own];
}

/** The group's app calls the one whom it concerns by their number, which never becomes part of the text. */
const mentioning = (phone: string | null): { mentioned_mobile_list?: string[] } =>
  phone ? { mentioned_mobile_list: [phone.replace(/[\s-]/g, '')] } : {};

/** Cut between characters. Our texts are a tenth of it; a robot refuses what is longer. */
function shortened(text: string): string {
  if (Buffer.byteLength(text) <= LONGEST_BYTES) return text;
  const room = LONGEST_BYTES - Buffer.byteLength('…');
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Too many in this minute, too many at once: the robot's own limits. */
const TOO_MANY = new Set([45009, 45033]);
/** The robot is busy. */
const BUSY = -1;
/** No such robot any more. */
const NO_ROBOT = 93000;

async function judge(response: Response): Promise<SendResult> {
  const { ok, status, headers } = response;
  if (!ok) {
    await response.body?.cancel();
    const retryAfter = retryAfterSeconds(headers.get('Retry-After'), Date.now());
    const moment = status === 429 || status === 408 || status >= 500;
    if (!moment) return { result: 'undeliverable', detail: `http-${status}`, fault: 'refused' };
    return { result: 'failed', detail: `http-${status}`, ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }) };
  }
  const answer: unknown = await response.json().catch(() => undefined);
  const errcode = typeof answer === 'object' && answer !== null && 'errcode' in answer ? answer.errcode : undefined;
  // Taken or not, it does not say.
  if (typeof errcode !== 'number') return { result: 'unknown', detail: 'no-errcode' };
  if (errcode === 0) return { result: 'sent' };
  const detail = `errcode-${errcode}`;
  if (TOO_MANY.has(errcode)) return { result: 'failed', detail, retryAfterSeconds: MINUTE_MS / 1_000, pauses: 'message' };
  if (errcode === BUSY) return { result: 'failed', detail };
  return { result: 'undeliverable', detail, fault: errcode === NO_ROBOT ? 'address' : 'refused' };
}
