/** A channel behind an HTTP gateway: POST {to, text, key}, with the key as Idempotency-Key too. What `to` is depends on the channel. */
import { judgeError } from './http-errors.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { OutgoingMessage, Sender, SendResult } from './sender.ts';

export interface GatewayOptions {
  channel: string;
  url: string;
  /** Default 10 s: gateways answer within a second or two, and waiting longer only keeps other messages from going. */
  timeoutMs?: number | undefined;
  /** Whom the gateway knows them as; or why it cannot know them. */
  addressOf(to: OutgoingMessage['to']): { address: string } | { missing: string };
}

export function createGatewaySender({ channel, url, timeoutMs = 10_000, addressOf }: GatewayOptions): Sender {
  return {
    channel,
    async send(message: OutgoingMessage): Promise<SendResult> {
      const to = addressOf(message.to);
      if ('missing' in to) return { result: 'undeliverable', detail: to.missing, fault: 'address' };
      try {
        const response = await fetch(url, {
          method: 'POST',
          // encodeURI: a header is ASCII; the ids that keys are made of usually are, but nothing forces them to be
          headers: { 'Content-Type': 'application/json', 'Idempotency-Key': encodeURI(message.key) },
          body: JSON.stringify({ to: to.address, text: message.body, key: message.key }),
          redirect: 'manual', // an address and a text go to the gateway that was configured and nowhere else
          signal: AbortSignal.timeout(timeoutMs),
        });
        await response.body?.cancel(); // the status says it all; an unread body would hold the connection
        return judge(response);
      } catch (error) {
        return judgeError(error);
      }
    },
  };
}

/** The gateway says that this message cannot go to this address; other refusals concern the account or the gateway itself. */
const ADDRESS_AT_FAULT = new Set([400, 410, 422]);
/** Too slow, too early, too many: refusals of the moment. */
const TRY_AGAIN = new Set([408, 425, 429]);

function judge({ ok, status, headers }: Response): SendResult {
  if (ok) return { result: 'sent' };
  const detail = `http-${status}`;
  if (status >= 400 && status < 500 && !TRY_AGAIN.has(status))
    return { result: 'undeliverable', detail, fault: ADDRESS_AT_FAULT.has(status) ? 'address' : 'refused' };
  const retryAfter = retryAfterSeconds(headers.get('Retry-After'), Date.now());
  return { result: 'failed', detail, ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }) };
}
