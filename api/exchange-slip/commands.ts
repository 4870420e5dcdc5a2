/** The commands on a slip: what their bodies hold, how they are checked, what the pathway is asked. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { findInstitution } from '../../db/directory/directory.ts';
import { readLines } from '../../db/exchange-slip/declared-sets.ts';
import { loadSlipGround } from '../../db/exchange-slip/ground.ts';
import type { SlipLineRecord, SlipRecord } from '../../db/exchange-slip/slips.ts';
import type { Database } from '../../db/kit/database.ts';
import { refuseField, refuseTransition } from '../../db/sterile-supply/act.ts';
import { loadNormRules } from '../../db/sterile-supply/norm-rules.ts';
import { getSupplyPosts } from '../../db/sterile-supply/supply-posts.ts';
import type { CreateExchangeSlip, NewSlip } from '../../domain/exchange-slip/events.ts';
import { judgeSubmission, type SlipGround, slipCommandsIn } from '../../domain/exchange-slip/judge.ts';
import { exchangeLines, type NewSlipLine } from '../../domain/exchange-slip/lines.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import { specialPathogens } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Caller } from '../kit/auth.ts';
import type { CommandSteps, PathwayCommand } from '../kit/commands.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Text } from '../kit/schemas.ts';
import { holdsPost } from '../sterile-supply/posts.ts';
import { renderSlip } from './resource.ts';

/** More of one thing than any centre has. */
const MOST_SETS = 1_000;
/** More kinds of things than any centre uses. */
const MOST_LINES = 100;

const LineSchema = z.strictObject({
  direction: z.enum(['collect', 'deliver']),
  setTypeId: Id,
  quantity: z.number().int().min(1).max(MOST_SETS),
  setInstanceIds: z.array(Id).max(MOST_SETS).optional(),
  special: z.enum(specialPathogens).optional(),
});

const Lines = z.array(LineSchema).min(1).max(MOST_LINES);

export const NewSlipForm = z
  .strictObject({
    institutionId: Id.optional(),
    roundId: Id.optional(),
    draft: z.boolean().default(false),
    lines: Lines,
    overrideReason: Text(2_000).optional(),
  })
  .openapi('NewExchangeSlip');
export type NewSlipForm = z.output<typeof NewSlipForm>;

export const AmendForm = z.strictObject({ lines: Lines });
export const CancelForm = z.strictObject({ reason: Text(2_000) });

const words = {
  noCentre: { zh: '须为社康中心', en: 'names no community health centre' },
  noStop: { zh: '该班次没有此站点', en: 'names no round that stops at the centre' },
};

/** A new slip as it is to be written. */
export interface CheckedSlip extends NewSlip {
  institutionId: string;
  ground: SlipGround;
}

/** Throws Problem for a refusal. */
export function throwRefusal(refusal: Refusal | undefined): void {
  if (!refusal) return;
  const { code, state, allowed, members } = refusal;
  throw new Problem(code, { members: { ...members, ...(state === undefined ? {} : { state, allowed: allowed ?? [] }) } });
}

/** The centre that a slip is of. A nurse writes for their own, the dispatcher for any. Throws Problem 403 or ActRefused 422. */
async function centreOf(db: Database, { institutionId, overrideReason }: NewSlipForm, caller: Caller): Promise<string> {
  if (holdsPost(caller, 'd')) {
    const institution = institutionId === undefined ? undefined : await findInstitution(db, institutionId);
    if (institution?.kind !== 'community-health-centre') throw refuseField('institutionId', words.noCentre);
    return institution.id;
  }
  const isForeign = institutionId !== undefined && institutionId !== caller.institutionId;
  if (isForeign || overrideReason !== undefined) throw new Problem('role-may-not');
  if ((await findInstitution(db, caller.institutionId))?.kind !== 'community-health-centre') throw new Problem('role-may-not');
  return caller.institutionId;
}

/** Reads a new slip. Throws ActRefused 422 for what is unknown or does not fit. */
export async function readNewSlip(db: Database, body: NewSlipForm, caller: Caller): Promise<CheckedSlip> {
  const institutionId = await centreOf(db, body, caller);
  if (body.roundId !== undefined && !z.uuid().safeParse(body.roundId).success) throw refuseField('roundId', words.noStop);
  const roundId = body.roundId ?? null;
  const { lines: given, ownSetInstanceIds } = await readLines(db, body.lines);
  const ground = await loadSlipGround(db, { institutionId, roundId, lines: given, slipId: null, at: Date.now() });
  if (roundId !== null && ground.round === null) throw refuseField('roundId', words.noStop);
  const lines = withDeliverLines(given, ownSetInstanceIds, { joins: ground.round !== null && ground.round.status !== 'planned' });
  return { institutionId, roundId, lines, ground };
}

/** A slip that joins a confirmed round only collects. */
export const withDeliverLines = (
  lines: readonly NewSlipLine[],
  ownSetInstanceIds: readonly string[],
  { joins }: { joins: boolean },
): NewSlipLine[] =>
  joins || lines.some(({ direction }) => direction === 'deliver') ? [...lines] : [...lines, ...exchangeLines(lines, ownSetInstanceIds)];

/** The input of the creating command. */
async function creationInput(db: Database, { slipId, institutionId, slip }: Pick<CreateExchangeSlip, 'slipId' | 'institutionId' | 'slip'>) {
  const { timers } = loadNormRules(localDateOf(Date.now()));
  const { cssdInstitutionId } = await getSupplyPosts(db);
  const budgets = { dwellSeconds: timers.dwell, dwellThenSeconds: timers['dwell-then'], countDueSeconds: timers['count-due'] };
  const input: CreateExchangeSlip = { slipId, cssdInstitutionId, institutionId, budgets, slip };
  return input;
}

const commandOf = (command: Pick<PathwayCommand, 'pathwayId' | 'name' | 'input' | 'texts'>): PathwayCommand => ({
  kind: 'exchange-slip',
  seen: 0,
  ...command,
});

export const createSlipSteps: CommandSteps<NewSlipForm, undefined, CreateExchangeSlip> = {
  async check({ deps, caller, body }) {
    const { institutionId, roundId, lines, ground } = await readNewSlip(deps.db, body, caller);
    const verdict = judgeSubmission(ground, lines, { at: Date.now(), overridden: body.overrideReason !== undefined });
    if (!verdict.ok) throwRefusal(verdict.refusal);
    return creationInput(deps.db, { slipId: uuid(), institutionId, slip: { roundId, lines } });
  },
  command: ({ body }, input) =>
    commandOf({
      pathwayId: input.slipId,
      name: 'submit',
      input,
      texts: body.overrideReason === undefined ? {} : { overrideReason: body.overrideReason },
    }),
  render: renderSlip,
};

/** A line as it is stored, as somebody would write it. */
const writtenLine = ({ direction, setTypeId, declared, setInstanceIds, special }: SlipLineRecord): NewSlipLine => ({
  direction,
  setTypeId,
  quantity: declared,
  setInstanceIds,
  special,
});

/** Throws ActRefused 409 where the slip's status does not allow the command. */
function checkAllowed({ status, stowed }: SlipRecord, command: 'submit' | 'amend' | 'cancel'): void {
  const allowed = slipCommandsIn(status, { stowed });
  if (!allowed.includes(command)) throw refuseTransition(status, allowed);
}

export const submitSlipSteps: CommandSteps<Record<string, never>, SlipRecord, CreateExchangeSlip> = {
  async check({ deps, resource }) {
    checkAllowed(resource, 'submit');
    const { id, institutionId, roundId } = resource;
    const lines = resource.lines.map(writtenLine);
    const ground = await loadSlipGround(deps.db, { institutionId, roundId, lines, slipId: id, at: Date.now() });
    const verdict = judgeSubmission(ground, lines, { at: Date.now(), overridden: resource.overrideReason !== null });
    if (!verdict.ok) throwRefusal(verdict.refusal);
    return creationInput(deps.db, { slipId: id, institutionId, slip: null });
  },
  command: ({ resource }, input) => commandOf({ pathwayId: resource.id, name: 'submit', input, texts: {} }),
  render: renderSlip,
};

export const amendSlipSteps: CommandSteps<z.output<typeof AmendForm>, SlipRecord, NewSlipLine[]> = {
  async check({ deps, resource, body }) {
    checkAllowed(resource, 'amend');
    const { lines, ownSetInstanceIds } = await readLines(deps.db, body.lines);
    return resource.status === 'frozen' ? lines : withDeliverLines(lines, ownSetInstanceIds, { joins: false });
  },
  command: ({ resource }, lines) => commandOf({ pathwayId: resource.id, name: 'amend', input: { lines }, texts: {} }),
  render: renderSlip,
};

export const cancelSlipSteps: CommandSteps<z.output<typeof CancelForm>, SlipRecord, undefined> = {
  async check({ resource }) {
    checkAllowed(resource, 'cancel');
    return undefined;
  },
  command: ({ resource, body: { reason } }) => commandOf({ pathwayId: resource.id, name: 'cancel', input: {}, texts: { reason } }),
  render: renderSlip,
};
