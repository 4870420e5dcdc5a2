/**
 * WeChat (official account) and the alliance's app, each behind the hospital's own gateway, which knows the account or device that a patient has
 * bound: carepath gives the patient's id and keeps no openid or device token. 400, 410 or 422: none is bound, and the next channel's turn comes.
 */
import { createGatewaySender } from './gateway-sender.ts';
import type { Sender } from './sender.ts';

export const createPushSender = (channel: 'wechat' | 'app', url: string): Sender =>
  createGatewaySender({
    channel,
    url,
    addressOf: ({ patientId }) => (patientId === null ? { missing: 'not-a-patient' } : { address: patientId }),
  });
