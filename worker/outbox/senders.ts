/** The senders that the settings ask for. */
import type { Config } from '../../platform/config.ts';
import { createMailSender } from './mail-sender.ts';
import type { Sender } from './sender.ts';
import { createSmsSender } from './sms-sender.ts';

export function createSenders(config: Pick<Config, 'CAREPATH_SMS_URL' | 'CAREPATH_SMTP_URL' | 'CAREPATH_MAIL_FROM'>): Sender[] {
  const senders: Sender[] = [];
  if (config.CAREPATH_SMS_URL) senders.push(createSmsSender({ url: config.CAREPATH_SMS_URL }));
  if (config.CAREPATH_SMTP_URL) senders.push(createMailSender({ url: config.CAREPATH_SMTP_URL, from: config.CAREPATH_MAIL_FROM }));
  return senders;
}
