/** SMS through an HTTP gateway, by telephone number. */
import { createGatewaySender } from './gateway-sender.ts';
import type { Sender } from './sender.ts';

export const createSmsSender = ({ url, timeoutMs }: { url: string; timeoutMs?: number }): Sender =>
  createGatewaySender({
    channel: 'sms',
    url,
    timeoutMs,
    addressOf: ({ phone }) => {
      const address = dialable(phone);
      return address ? { address } : { missing: phone ? 'invalid-phone' : 'no-phone' };
    },
  });

/** The number without the spaces and dashes that people write; undefined where it is no number. */
function dialable(phone: string | null): string | undefined {
  const digits = phone?.replace(/[\s-]/g, '') ?? '';
  return /^\+?\d{5,15}$/.test(digits) ? digits : undefined;
}
