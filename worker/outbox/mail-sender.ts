/** E-mail over SMTP. The Message-ID is made from the message's key, so that a second attempt is recognised as the same mail. */
import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { OutgoingMessage, Sender, SendResult } from './sender.ts';

export interface MailSenderOptions {
  /** The mail server, such as smtp://mail.hospital.lan:25. */
  url: string;
  from: string;
  /** The time for the whole conversation with the server, by default 10 s. */
  timeoutMs?: number;
}

export function createMailSender({ url, from, timeoutMs = 10_000 }: MailSenderOptions): Sender {
  const transport = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  });
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/[^A-Za-z0-9.-]/g, '') || 'carepath.invalid';
  return {
    channel: 'email',
    async send(message: OutgoingMessage): Promise<SendResult> {
      const address = message.to.email;
      if (!address || !isMailAddress(address))
        return { result: 'undeliverable', detail: address ? 'invalid-email' : 'no-email', fault: 'address' };
      try {
        await transport.sendMail({
          from,
          to: { name: '', address },
          subject: message.subject,
          text: message.body,
          messageId: toMessageId(message.key, domain),
          // With this header other systems send no out-of-office replies.
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
          // A server may answer each command in time and still never come to an end.
          signal: AbortSignal.timeout(timeoutMs),
        });
        return { result: 'sent' };
      } catch (error) {
        return toSendResult(error);
      }
    },
  };
}

/** The key names a person, and every server on the way keeps the Message-ID, so a hash stands in for the key. */
export const toMessageId = (key: string, domain: string): string => `<${createHash('sha256').update(key).digest('hex')}@${domain}>`;

/** Accepts one address, and nothing that could end a header line or begin a second address. */
const isMailAddress = (address: string): boolean => /^[^\s@<>(),;:"\\]+@[^\s@<>(),;:"\\]+$/.test(address);

/** With these errors the text of the mail has not left yet: looking up the name, connecting, encrypting, logging in, greeting. */
const NOT_HANDED_OVER = new Set([
  'EDNS',
  'ETLS',
  'EREQUIRETLS',
  'EAUTH',
  'ENOAUTH',
  'EOAUTH2',
  'ECONFIG',
  'EPROXY',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const NOT_HANDED_OVER_TIMEOUTS = new Set(['CONNECTION_TIMEOUT', 'GREETING_TIMEOUT']);
/** With these replies the server says that there is no such mailbox. */
const ADDRESS_AT_FAULT = new Set([550, 551, 553]);

function toSendResult(error: unknown): SendResult {
  const { code, originalCode, timeoutType, command, response, responseCode } = fieldsOf(error);
  if (typeof responseCode === 'number') {
    const detail = `smtp-${responseCode}`;
    if (responseCode < 500) return { result: 'failed', detail };
    // 5.7.x is the server's policy on relaying and blocking, which says nothing about the address.
    const policy = /^\d{3}[ -]5\.7\./.test(String(response));
    const address = command === 'RCPT TO' && ADDRESS_AT_FAULT.has(responseCode) && !policy;
    return { result: 'undeliverable', detail, fault: address ? 'address' : 'refused' };
  }
  const handedOver =
    ![code, originalCode].some((one) => NOT_HANDED_OVER.has(String(one))) && !NOT_HANDED_OVER_TIMEOUTS.has(String(timeoutType));
  const detail = String(originalCode ?? code ?? 'connection-broken');
  return { result: handedOver ? 'unknown' : 'failed', detail };
}

/** nodemailer adds fields of its own to its errors. */
const fieldsOf = (error: unknown): Record<string, unknown> => (error instanceof Error ? { ...error } : {});
