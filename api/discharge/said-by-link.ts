/** What somebody says by a link, as a command of the episode: of an order, of symptoms, of a call, and that the link has reached somebody else. */
import { findNumbers } from '../../db/discharge/episodes.ts';
import type { LinkInputs, WithoutPost } from '../../domain/discharge/link-inputs.ts';
import type { StopReason } from '../../domain/discharge/order-reports.ts';
import { findOrder } from '../../domain/discharge/orders.ts';
import type { Symptom } from '../../domain/discharge/rules.ts';
import { judgeSymptoms } from '../../domain/discharge/triage.ts';
import type { Words } from '../../domain/kit/errors.ts';
import { runCommand } from '../kit/commands.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';
import type { Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { actorOfLink, callerOfLink, type OpenedLink } from './link-access.ts';

type Asking = Omit<KeyedRequest, 'caller' | 'actor' | 'ifVersion'>;

/** Throws Problem 404. */
function checkOrder({ record }: OpenedLink, orderId: string): void {
  if (!findOrder(record.state, orderId)) throw new Problem('not-found');
}

export async function reportDone(
  asking: Asking,
  opened: OpenedLink,
  { orderId, done }: { orderId: string; done: boolean },
): Promise<Reply> {
  checkOrder(opened, orderId);
  return say(asking, opened, 'link-report', { linkId: opened.link.id, orderId, done });
}

export async function reportStopped(
  asking: Asking,
  opened: OpenedLink,
  { orderId, reason }: { orderId: string; reason: StopReason },
): Promise<Reply> {
  checkOrder(opened, orderId);
  // Nobody but the hospital owes a result, so no patient can end the waiting for it.
  if (findOrder(opened.record.state, orderId)?.given.kind === 'pending-result')
    throw invalidRequestProblem('reason', { zh: '等待结果的事项不能停止', en: 'nobody can stop waiting for a result' });
  return say(asking, opened, 'link-stopped', { linkId: opened.link.id, orderId, reason });
}

export const askForCall = (asking: Asking, opened: OpenedLink): Promise<Reply> =>
  say(asking, opened, 'link-call-me', { linkId: opened.link.id });

export async function disown(asking: Asking, opened: OpenedLink): Promise<Reply> {
  const { link, record } = opened;
  const numbers = await findNumbers(asking.deps.db, record.state.patientId);
  return say(asking, opened, 'link-not-me', { linkId: link.id, ...numbers });
}

export const tellSymptoms = (asking: Asking, opened: OpenedLink, symptoms: readonly Symptom[]): Promise<Reply> =>
  say(asking, opened, 'link-symptoms', { linkId: opened.link.id, symptoms }, { advice: adviceFor(opened, symptoms)[asking.language] });

/** By the same rules by which staff have it judged. */
export function isEmergency({ record }: OpenedLink, symptoms: readonly Symptom[]): boolean {
  const { state } = record;
  const given = state.orders.map((order) => order.given);
  return judgeSymptoms(state.rules, symptoms, given, pathwayNow(record))?.level === 'emergency';
}

export const adviceFor = (opened: OpenedLink, symptoms: readonly Symptom[]): Words =>
  isEmergency(opened, symptoms) ? callAmbulance : waitForNurse;

const callAmbulance: Words = {
  zh: '请马上拨打 120！不要自己开车，不要等我们的电话。我们的医生也会马上联系您。',
  en: 'Call 120 now! Do not drive yourself and do not wait for our call. Our doctors will call you at once too.',
};
const waitForNurse: Words = {
  zh: '已经告诉护士，会在 4 小时内联系您。如果突然加重，或者胸口痛、喘不上气、晕倒，请马上拨打 120。',
  en: 'A nurse has been told and will call you within 4 hours. If it gets worse, or you have chest pain, cannot breathe or faint, call 120 at once.',
};

async function say<Name extends WithoutPost>(
  asking: Asking,
  opened: OpenedLink,
  name: Name,
  input: LinkInputs[Name],
  answered: object = {},
): Promise<Reply> {
  const { record } = opened;
  const request = {
    ...asking,
    caller: callerOfLink(opened),
    actor: actorOfLink(opened),
    ifVersion: undefined,
    body: {},
    resource: opened,
  };
  return runCommand(
    {
      check: async () => undefined,
      command: () => ({ kind: 'discharge', pathwayId: record.id, name, input, texts: {}, seen: record.version }),
      render: async () => ({ status: 200, body: answered }),
    },
    request,
  );
}
