/** The commands on an episode: how they are checked, and what the pathway is asked. What people write stays in the command's row. */
import type { z } from '@hono/zod-openapi';
import { countFamilyContacts, type EpisodeRecord } from '../../db/discharge/episodes.ts';
import type { EpisodeCommandName, Reconcile, RecordContact, RecordVisit } from '../../domain/discharge/events.ts';
import type { RecordPlan } from '../../domain/discharge/plan-input.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import type { CommandRequest, CommandSteps } from '../kit/commands.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import type { ContactBody, OnEpisodeBody, PlanBody, ReconcileBody, VisitBody } from './bodies.ts';
import { renderEpisode } from './resource.ts';

/** The steps of a command: `toInput` says what the pathway gets, `toTexts` what stays in the row. */
function stepsOf<Body extends OnEpisodeBody, Checked>(
  name: EpisodeCommandName,
  {
    check,
    toInput,
    toTexts,
  }: {
    check: (request: CommandRequest<Body, EpisodeRecord>) => Promise<Checked>;
    toInput: (body: Body, checked: Checked) => object;
    toTexts: (body: Body) => Record<string, unknown>;
  },
): CommandSteps<Body, EpisodeRecord, Checked> {
  return {
    async check(request) {
      checkPast('at', request.body.at, request.resource);
      return check(request);
    },
    command: ({ body, resource: { id, version } }, checked) => {
      const { patientId, at } = body;
      const input = { ...toInput(body, checked), patientId, doneAt: at === undefined ? undefined : Date.parse(at) };
      return { kind: 'discharge', pathwayId: id, name, input, texts: toTexts(body), seen: version };
    },
    render: renderEpisode,
  };
}

/** Nothing is recorded before it has happened. Throws Problem 422. */
function checkPast(field: string, instant: string | undefined, record: EpisodeRecord): void {
  if (instant !== undefined && Date.parse(instant) > pathwayNow(record))
    throw invalidRequestProblem(field, { zh: '尚未到来', en: 'lies in the future' });
}

const noteOf = ({ note }: { note?: string | undefined }): Record<string, unknown> => (note === undefined ? {} : { note });

export const recordPlanSteps = stepsOf<z.output<typeof PlanBody>, undefined>('record-plan', {
  check: async () => undefined,
  toInput: (body): RecordPlan => ({
    template: body.template ?? null,
    // What the body must have is given; `[]` and "none" say so.
    information: {
      responsibleClinician: true,
      procedures: true,
      diagnoses: true,
      allergies: true,
      instructions: true,
      medicines: body.noMedication === true,
      results: body.noPendingResults === true,
    },
    operatedOn: body.operatedOn ?? null,
    linkConsent: body.linkConsent,
    handover: body.handover ?? null,
  }),
  toTexts: ({ patientId: _, at: __, ...plan }) => plan,
});

const CALL_LATER_DAYS = 3;

export const recordContactSteps = stepsOf<z.output<typeof ContactBody>, number>('record-contact', {
  async check({ deps, body: { outcome, channel, callAt, contact }, resource }) {
    const familyContacts = await countFamilyContacts(deps.db, resource.state.patientId);
    if ((outcome === 'call-later') !== (callAt !== undefined))
      throw invalidRequestProblem('callAt', { zh: '仅在稍后再联系时填写', en: 'belongs to call-later' });
    const now = pathwayNow(resource);
    if (callAt !== undefined && (Date.parse(callAt) <= now || Date.parse(callAt) > now + CALL_LATER_DAYS * DAY_MS))
      throw invalidRequestProblem('callAt', { zh: '须在今后 3 天内', en: 'within the next 3 days' });
    if ((channel === 'second-phone') !== (contact !== undefined))
      throw invalidRequestProblem('contact', { zh: '拨打其他联系电话时填写', en: 'belongs to second-phone' });
    if (contact !== undefined && contact >= familyContacts)
      throw invalidRequestProblem('contact', { zh: '没有这位联系人', en: 'no such contact' });
    return familyContacts;
  },
  toInput: ({ channel, outcome, callAt, contact }, familyContacts): RecordContact => ({
    channel,
    outcome,
    contact,
    familyContacts,
    callAt: callAt === undefined ? undefined : Date.parse(callAt),
  }),
  toTexts: noteOf,
});

export const recordVisitSteps = stepsOf<z.output<typeof VisitBody>, undefined>('record-visit', {
  async check({ body, resource }) {
    checkPast('visitedAt', body.visitedAt, resource);
  },
  toInput: ({ visitedAt, mode }): RecordVisit => ({ visitedAt: Date.parse(visitedAt), mode }),
  toTexts: noteOf,
});

export const reconcileSteps = stepsOf<z.output<typeof ReconcileBody>, undefined>('reconcile', {
  check: async () => undefined,
  toInput: ({ medicines, discrepancies }): Reconcile => ({ medicines: medicines.length, discrepancies: discrepancies?.length ?? 0 }),
  toTexts: ({ medicines, discrepancies }) => ({ medicines, ...(discrepancies ? { discrepancies } : {}) }),
});
