/** The second factor of somebody who has signed in, as their telephone does it. */
import { Secret, TOTP } from 'otpauth';
import type { Service } from '../service/service.ts';

/** As an app shows it at this instant. */
export const codeShown = (secret: string, atMs: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: atMs });

/** Begins and confirms it. */
export async function setUpSecondFactor({ call, tokens }: Pick<Service, 'call' | 'tokens'>, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const { status, body } = await call('', 'POST', '/v1/me/second-factor', { body: {}, headers });
  if (status !== 201) throw new Error(`The second factor was answered ${status}.`);
  const code = codeShown(body.secret, tokens.now());
  const confirmed = await call('', 'POST', '/v1/me/second-factor/confirm', { body: { code }, headers });
  if (confirmed.status !== 204) throw new Error(`Its code was answered ${confirmed.status}.`);
  return body.secret;
}
