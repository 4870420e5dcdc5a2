/** Sends SMS through an HTTP gateway, by telephone number. */
import { createGatewaySender } from './gateway-sender.ts';
import type { Sender } from './sender.ts';

export const createSmsSender = ({ url, timeoutMs }: { url: string; timeoutMs?: number }): Sender =>
  createGatewaySender({
    channel: 'sms',
    url,
    timeoutMs,
    addressOf: ({ phone }) => {
      const address = toDialable(phone);
      return address ? { address } : { missing: phone ? 'invalid-phone' : 'no-phone' };
    },
  });

/** Returns the number without the spaces and dashes that people write; undefined for a text that is no number. */
function toDialable(phone: string | null): string | undefined {
  const digits = phone?.replace(/[\s-]/g, '') ?? '';
  return /^\+?\d{5,15}$/.test(digits) ? digits : undefined;
}
