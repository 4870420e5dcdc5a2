/** What a patient says by the link that was sent after a discharge, in recordings. */
import type { Stay } from './discharge-stay.ts';
import { typed } from './discharge-stay.ts';
import type { RecordedService } from './service.ts';
import { completeTask } from './supply-steps.ts';

/** Two links: one is ended by the ward, the other one opened; everything is said by it that can be, at last that it has reached somebody else. */
export async function speakByLink(service: RecordedService, stay: Stay): Promise<void> {
  const { links } = await stay.say('nurse', 'send-link', { to: 'patient' });
  await stay.say('nurse-h1', 'revoke-link', { linkId: links.at(-1)?.id });
  await stay.say('nurse', 'send-link', { to: 'patient' });
  const token = /\/([A-Za-z0-9_-]{22})$/.exec(await readText(service, stay, 'discharge-link'))?.[1] ?? '';
  const at = `/v1/links/${token}`;
  await service.postWithoutAccount(`${at}/codes`, {});
  const code = /(?<!\d)\d{6}(?!\d)/.exec(await readText(service, stay, 'discharge-link-code'))?.[0];
  const { session } = (await service.postWithoutAccount(`${at}/sessions`, { code, birthYear: 1950 })) as { session: string };
  const say = (path: string, body: object) => service.postWithoutAccount(`${at}/${path}`, body, `Link ${session}`);

  const { orders } = await stay.read();
  const orderId = (kind: string) => orders.find((order) => order.kind === kind)?.id;
  await say(`orders/${orderId('education')}/report`, { done: true });
  await say(`orders/${orderId('medicine')}/stopped`, { reason: 'cost' });
  await say('symptoms', { symptoms: ['fever'] });
  await say('call-me', {});
  await completeTask(service, 'nurse', await stay.findTask('nurse', 'call-back'), { note: typed });
  await say('not-me', {});
}

/** The newest text of a template that was to be sent for the episode. */
async function readText(service: RecordedService, stay: Stay, template: string): Promise<string> {
  const { items } = await service.list('sysadmin', `/v1/demo/outbox?pathwayId=${stay.id}&limit=200`);
  const outbox = items as unknown as { template: string; text: string }[];
  return outbox.find((message) => message.template === template)?.text ?? '';
}
