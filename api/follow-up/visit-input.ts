/** What the pathway is asked to record of a visit, whichever way the form came: checked against the person and their enrolments. */
import { createHash } from 'node:crypto';
import type { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { loadCurrentRiskModel } from '../../db/follow-up/protocols.ts';
import { listVisitCrises } from '../../db/follow-up/visit-values.ts';
import type { Database } from '../../db/kit/database.ts';
import type { FollowUpEventNamed, RecordVisit } from '../../domain/follow-up/events.ts';
import { type Enrolment, type FollowUpState, lessonsOf, protocolOf } from '../../domain/follow-up/state.ts';
import type { ChangedFacts, Visit } from '../../domain/follow-up/visit.ts';
import { findMissingMeasure } from '../../domain/follow-up/visits.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { type ChangedFactsSchema, refuseContradictions, refuseUnknownItems, riskFactsOf, type VisitForm } from './visit-form.ts';

/** Free text stays in the visit's row. The rules only have to recognise the same text again, so they get a hash of it. */
function withoutTexts({ adverseReactions, notMeasuredReason, ...visit }: Visit): Visit {
  const code = (text: string) =>
    /^[a-z0-9-]{1,60}$/.test(text) ? text : `text-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  return {
    ...visit,
    adverseReactions: adverseReactions.map(code),
    notMeasuredReason: notMeasuredReason === null ? null : code(notMeasuredReason),
  };
}

/** Throws Problem 422. */
function refuseUnknownLessons({ education }: Pick<VisitForm, 'education'>, enrolments: readonly Enrolment[]): void {
  const codes = enrolments.flatMap((enrolment) => lessonsOf(enrolment).map(({ code }) => code));
  for (const [index, { code }] of (education ?? []).entries())
    if (!codes.includes(code))
      throw invalidRequestProblem(`form.education.${index}.code`, { zh: '未发放此内容', en: 'was not handed out' });
}

/** Members that the request leaves out keep their value. */
const withoutUndefined = (facts: z.output<typeof ChangedFactsSchema> = {}): ChangedFacts =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));

export interface VisitRequest {
  visit: Visit;
  form: Omit<VisitForm, 'visitedAt' | 'mode'>;
  person?: z.output<typeof ChangedFactsSchema> | undefined;
  late: boolean;
  allowSecondSameDay: boolean;
}

/**
 * Builds the command's input for the enrolments, the first of which gives the visit its id. Throws Problem 422 for what the form must not say and for
 * a value that is missing.
 */
export async function buildRecordVisit(
  db: Database,
  { state, enrolments, actor, at }: { state: FollowUpState; enrolments: readonly [Enrolment, ...Enrolment[]]; actor: Actor; at: number },
  { visit, form, person, late, allowSecondSameDay }: VisitRequest,
  more: Partial<RecordVisit>,
): Promise<RecordVisit> {
  refuseUnknownItems(
    'form.',
    form,
    enrolments.map((enrolment) => protocolOf(state, enrolment)),
  );
  refuseUnknownLessons(form, enrolments);
  const changed = withoutUndefined(person);
  refuseContradictions('person.', { ...state.person, ...changed });
  const model = await loadCurrentRiskModel(db);
  const risk = riskFactsOf(form);
  const crises = listVisitCrises(visit);
  const [first, ...further] = enrolments;
  const input: RecordVisit = {
    enrolmentId: first.id,
    visitId: uuid(),
    visit: withoutTexts(visit),
    ...(Object.keys(changed).length > 0 ? { person: changed } : {}),
    late,
    classOverride: null,
    ...(Object.keys(risk).length > 0 ? { risk } : {}),
    ...educationOf(form, first),
    ...(model.version > (state.riskModel?.version ?? 0) ? { riskModel: model } : {}),
    referralId: uuid(),
    ...(crises.length > 0 ? { crises } : {}),
    ...(allowSecondSameDay ? { allowSecondSameDay } : {}),
    ...more,
    ...(further.length > 0
      ? { furtherParts: further.map((enrolment) => ({ enrolmentId: enrolment.id, visitId: uuid(), ...educationOf(form, enrolment) })) }
      : {}),
  };
  const missing = findMissingMeasure(state, recordVisitEvent(input, actor, at));
  if (missing)
    throw invalidRequestProblem(missing === 'blood-pressure' ? 'form.bloodPressures' : 'form.fastingGlucose', {
      zh: '缺少测量值；未测量时请填写 notMeasuredReason',
      en: 'is missing; if it was not measured give notMeasuredReason',
    });
  return input;
}

/** Each enrolment gets the answers about its own lessons. */
function educationOf({ education }: Pick<VisitForm, 'education'>, enrolment: Enrolment): Pick<RecordVisit, 'education'> {
  const codes = lessonsOf(enrolment).map(({ code }) => code);
  const own = (education ?? []).filter(({ code }) => codes.includes(code));
  return own.length > 0 ? { education: own } : {};
}

/** The event as the pathway would decide it now; nothing is stored. */
export const recordVisitEvent = (input: RecordVisit, actor: Actor, at: number): FollowUpEventNamed<'record-visit'> => ({
  kind: 'command',
  name: 'record-visit',
  id: input.visitId,
  at,
  actor,
  input,
});
