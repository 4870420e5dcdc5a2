/**
 * Sends to WeChat (official account) and to the alliance's app, each through the hospital's own gateway. The gateway knows the account or the
 * device that a patient has bound, so carepath gives it the patient's id and keeps no openid or device token. When nothing is bound the gateway
 * answers 400, 410 or 422, and the next channel's turn comes.
 */
import { createGatewaySender } from './gateway-sender.ts';
import type { Sender } from './sender.ts';

export const createPushSender = (channel: 'wechat' | 'app', url: string): Sender =>
  createGatewaySender({
    channel,
    url,
    addressOf: ({ patientId }) => (patientId === null ? { missing: 'not-a-patient' } : { address: patientId }),
  });
