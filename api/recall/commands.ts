/** The commands on a recall: how they are checked, and what the pathway is asked. */
import { z } from '@hono/zod-openapi';
import { findRecall, listRecallLines, type RecallRecord } from '../../db/recall/recalls.ts';
import { resolvePacks } from '../../db/sterile-supply/find-things.ts';
import { type AccountedEnd, accountedEnds } from '../../domain/recall/account.ts';
import { openRecallCommands } from '../../domain/recall/decider.ts';
import type { PartHolder } from '../../domain/recall/holders.ts';
import type { AnsweredCommand, Asking, CommandRequest, CommandSteps } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id, Text } from '../kit/schemas.ts';
import { refusalsAsProblems } from '../sterile-supply/act-operation.ts';
import { holdsPost } from '../sterile-supply/posts.ts';
import { listOwnHolders } from './access.ts';
import { recallReply } from './resource.ts';

export const Acknowledgement = z.strictObject({ holderId: Id.optional() });
export const Account = z.strictObject({
  lines: z
    .array(
      z.strictObject({
        packId: Id,
        end: z.enum(accountedEnds),
        note: Text(2_000).optional(),
        patientReference: Text(200).optional(),
      }),
    )
    .min(1)
    .max(1_000),
});
export const RecallText = z.strictObject({ text: Text(2_000) });
export const Signature = z.strictObject({});

export async function renderRecall(
  { deps, caller }: Asking,
  { pathwayId, name }: Pick<AnsweredCommand, 'pathwayId' | 'name'>,
): Promise<Reply> {
  const record = await findRecall(deps.db, pathwayId, { over: 'alliance' });
  if (!record) throw new Error('A decided recall has its row.');
  return recallReply(record, caller, name === 'open' ? 201 : 200);
}

/** Throws Problem 409 for a recall that is closed. */
function checkOpen({ status }: RecallRecord): void {
  if (status !== 'open') throw new Problem('transition-not-allowed', { members: { state: status, allowed: [] } });
}

const commandOn = ({ id }: RecallRecord, name: string, input: unknown, texts: Record<string, unknown> = {}) => ({
  kind: 'recall' as const,
  pathwayId: id,
  name,
  input,
  texts,
  // The version that a caller sees is the row's, which says nothing of how far the pathway is.
  seen: 0,
});

export const acknowledgeSteps: CommandSteps<z.output<typeof Acknowledgement>, RecallRecord, PartHolder> = {
  async check({ deps, caller, body, resource }) {
    checkOpen(resource);
    const own = await listOwnHolders(deps, caller, resource);
    const { holderId } = body;
    if (holderId !== undefined && !resource.holders.some(({ id }) => id === holderId))
      throw invalidRequestProblem('holderId', { zh: '不在本次召回之列', en: 'holds nothing of this recall' });
    const asked = holderId === undefined ? own : own.filter(({ id }) => id === holderId);
    const waiting = asked.find(({ type, id }) =>
      resource.holders.some((holder) => holder.type === type && holder.id === id && holder.acknowledgedAt === null),
    );
    const holder = waiting ?? asked[0];
    if (!holder) throw new Problem('role-may-not');
    if (!waiting) throw new Problem('transition-not-allowed', { members: { state: 'acknowledged', allowed: [...openRecallCommands] } });
    return holder;
  },
  command: ({ resource }, holder) => commandOn(resource, 'acknowledge', { holder }),
  render: renderRecall,
};

type AccountBody = z.output<typeof Account>;

/** The body with ids in place of printed codes. */
type CheckedAccount = AccountBody['lines'];

export const accountSteps: CommandSteps<AccountBody, RecallRecord, CheckedAccount> = {
  async check(request) {
    const { deps, body, resource } = request;
    checkOpen(resource);
    const found = await refusalsAsProblems(() =>
      resolvePacks(
        deps.db,
        body.lines.map(({ packId }) => packId),
        'lines',
      ),
    );
    const lines = body.lines.map((line, index) => ({ ...line, packId: found[index]?.id ?? line.packId }));
    await checkMayAccount(request, lines);
    return lines;
  },
  command: ({ resource }, lines) => commandOn(resource, 'account', {}, { lines }),
  render: renderRecall,
};

/** Throws Problem 422 for a pack that is not in the recall, 403 for an end that is not the caller's to say. */
async function checkMayAccount(
  { deps, caller, resource }: CommandRequest<AccountBody, RecallRecord>,
  lines: CheckedAccount,
): Promise<void> {
  const own = await listOwnHolders(deps, caller, resource);
  const all = await listRecallLines(deps.db, { recallId: resource.id, reach: { over: 'alliance' }, limit: 1_000_000 });
  const byPack = new Map(all.map((line) => [line.packId, line]));
  const mayEnd: Record<AccountedEnd, (holder: PartHolder | undefined) => boolean> = {
    retrieved: () => holdsPost(caller, 't'),
    used: () => holdsPost(caller, 'i'),
    disposed: () => holdsPost(caller, 'h'),
    'not-found': (holder) => own.some(({ type, id }) => type === holder?.type && id === holder.id),
  };
  lines.forEach(({ packId, end }, index) => {
    const line = byPack.get(packId);
    if (!line) throw invalidRequestProblem(`lines.${index}.packId`, { zh: '不在本次召回之列', en: 'is not in this recall' });
    const holder = line.holderType === 'none' ? undefined : { type: line.holderType, id: line.holderId };
    if (!mayEnd[end](holder)) throw new Problem('role-may-not');
  });
}

const recordText = (name: 'record-cause' | 'record-report'): CommandSteps<z.output<typeof RecallText>, RecallRecord, undefined> => ({
  check: async ({ resource }) => checkOpen(resource) as undefined,
  command: ({ resource, body }) => commandOn(resource, name, {}, { text: body.text }),
  render: renderRecall,
});
export const causeSteps = recordText('record-cause');
export const reportSteps = recordText('record-report');

export const signSteps: CommandSteps<z.output<typeof Signature>, RecallRecord, 'headnurse' | 'infection'> = {
  async check({ caller, resource }) {
    checkOpen(resource);
    const roles = (['headnurse', 'infection'] as const).filter((role) => caller.roles.includes(role));
    const signed = resource.signatures.map(({ role }) => role);
    // Whoever holds both posts signs for the one that has not signed, and the tables refuse the same person twice.
    const role = roles.find((held) => !signed.includes(held)) ?? roles[0];
    if (!role) throw new Problem('role-may-not');
    return role;
  },
  command: ({ resource }, role) => commandOn(resource, 'sign', { role }),
  render: renderRecall,
};
