/** Sends through an HTTP gateway: POST {to, text, key}, with the key as Idempotency-Key too. What `to` is depends on the channel. */
import { toSendResult } from './http-errors.ts';
import { parseRetryAfterSeconds } from './retry-after.ts';
import type { OutgoingMessage, Sender, SendResult } from './sender.ts';

export interface GatewayOptions {
  channel: string;
  url: string;
  /** By default 10 s. Gateways answer within a second or two, and waiting longer would only keep other messages from going. */
  timeoutMs?: number | undefined;
  /** Returns the address by which the gateway knows the recipient, or the code of why there is none. */
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
          // A header holds ASCII only. The ids of which keys are made usually are ASCII, but nothing forces them to be, so the key is encoded.
          headers: { 'Content-Type': 'application/json', 'Idempotency-Key': encodeURI(message.key) },
          body: JSON.stringify({ to: to.address, text: message.body, key: message.key }),
          // The address and the text must go to the configured gateway and nowhere else.
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
        });
        // The status says everything, and a body that nobody reads would hold the connection.
        await response.body?.cancel();
        return readResponse(response);
      } catch (error) {
        return toSendResult(error);
      }
    },
  };
}

/** With these statuses the gateway refuses the address. Other refusals concern our account or the gateway itself. */
const ADDRESS_AT_FAULT = new Set([400, 410, 422]);
/** These refusals hold for the moment only: the request was too slow, too early, or one too many. */
const TRY_AGAIN = new Set([408, 425, 429]);

function readResponse({ ok, status, headers }: Response): SendResult {
  if (ok) return { result: 'sent' };
  const detail = `http-${status}`;
  if (status >= 400 && status < 500 && !TRY_AGAIN.has(status))
    return { result: 'undeliverable', detail, fault: ADDRESS_AT_FAULT.has(status) ? 'address' : 'refused' };
  const retryAfter = parseRetryAfterSeconds(headers.get('Retry-After'), Date.now());
  return { result: 'failed', detail, ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }) };
}
