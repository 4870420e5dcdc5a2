/** Sends SMS through an HTTP gateway, by telephone number. */
import { isMobile, phoneKeyOf } from '../../domain/residents/telephone.ts';
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

/** Returns the digits of a number that takes text messages: a landline does not, and neither does a text that is no number. */
const toDialable = (phone: string | null): string | undefined => (phone !== null && isMobile(phone) ? phoneKeyOf(phone) : undefined);
