/** The senders that the settings ask for. */
import type { Config } from '../../platform/config.ts';
import { createMailSender } from './mail-sender.ts';
import { createPushSender } from './push-sender.ts';
import type { Sender } from './sender.ts';
import { createSmsSender } from './sms-sender.ts';
import { createWecomSender } from './wecom-sender.ts';

type Settings = Pick<
  Config,
  | 'CAREPATH_SMS_URL'
  | 'CAREPATH_WECHAT_URL'
  | 'CAREPATH_APP_URL'
  | 'CAREPATH_SMTP_URL'
  | 'CAREPATH_MAIL_FROM'
  | 'CAREPATH_WECOM_URL'
  | 'CAREPATH_WECOM_ROBOTS'
>;

export function createSenders(config: Settings): Sender[] {
  const senders: Sender[] = [];
  if (config.CAREPATH_SMS_URL) senders.push(createSmsSender({ url: config.CAREPATH_SMS_URL }));
  if (config.CAREPATH_WECHAT_URL) senders.push(createPushSender('wechat', config.CAREPATH_WECHAT_URL));
  if (config.CAREPATH_APP_URL) senders.push(createPushSender('app', config.CAREPATH_APP_URL));
  if (config.CAREPATH_SMTP_URL) senders.push(createMailSender({ url: config.CAREPATH_SMTP_URL, from: config.CAREPATH_MAIL_FROM }));
  if (Object.keys(config.CAREPATH_WECOM_ROBOTS).length > 0)
    senders.push(createWecomSender({ url: config.CAREPATH_WECOM_URL, robots: config.CAREPATH_WECOM_ROBOTS }));
  return senders;
}

/** Patients may prefer a channel for which the alliance has no gateway. These senders hand such messages on to the next channel, and the attempt says why. */
export const channelsNotInUse: Sender[] = ['wechat', 'app'].map((channel) => ({
  channel,
  send: async () => ({ result: 'undeliverable', detail: 'channel-not-in-use', fault: 'address' }),
}));

/** Adds a sender for each channel that nobody has set up. */
export function withChannelsNotInUse(senders: readonly Sender[]): Sender[] {
  return [...senders, ...channelsNotInUse.filter(({ channel }) => !senders.some((one) => one.channel === channel))];
}
