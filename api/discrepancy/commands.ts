/** The commands on a discrepancy: what their bodies hold, how they are checked, what the pathway is asked. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { type DiscrepancyRecord, findOpenDiscrepancyId } from '../../db/discrepancy/discrepancies.ts';
import { discrepancyBudgets } from '../../db/discrepancy/open.ts';
import { findSubject } from '../../db/discrepancy/subjects.ts';
import { refuseField, refuseTransition } from '../../db/sterile-supply/act.ts';
import { loadNormRules } from '../../db/sterile-supply/norm-rules.ts';
import { getSupplyPosts } from '../../db/sterile-supply/supply-posts.ts';
import type { CreateDiscrepancy } from '../../domain/discrepancy/events.ts';
import { concernsInfection, ownerOf, subjectTypes } from '../../domain/discrepancy/owner.ts';
import { type DiscrepancyStep, discrepancyTransitions, stepsAllowedIn } from '../../domain/discrepancy/transitions.ts';
import { discrepancyKinds, discrepancyResolutions } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { CommandSteps } from '../kit/commands.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Text } from '../kit/schemas.ts';
import { sightOf } from '../sterile-supply/posts.ts';
import { renderDiscrepancy } from './resource.ts';

export const NewDiscrepancyForm = z
  .strictObject({
    kind: z.enum(discrepancyKinds),
    subject: z.strictObject({ type: z.enum(subjectTypes), id: Id }),
    note: Text(2_000),
  })
  .openapi('NewDiscrepancy');
export const NoBody = z.strictObject({});
export const InvestigateForm = z.strictObject({ note: Text(2_000) });
export const ResolveForm = z.strictObject({ resolution: z.enum(discrepancyResolutions), note: Text(2_000) });

const unknown = { zh: '没有此编号', en: 'names nothing that there is' };

export const createDiscrepancySteps: CommandSteps<z.output<typeof NewDiscrepancyForm>, undefined, CreateDiscrepancy> = {
  async check({ deps: { db }, caller, body: { kind, subject } }) {
    const found = await findSubject(db, subject.type, subject.id);
    if (!found) throw refuseField('subject.id', unknown);
    // Whoever reports from a centre reports what concerns it, wherever the thing is from.
    const sight = sightOf(caller);
    const reported = sight.over === 'centre' ? { ...found, institutionId: sight.institutionId } : found;
    const openId = await findOpenDiscrepancyId(db, { kind, ...reported });
    if (openId !== undefined) throw new Problem('already-exists', { members: { discrepancyId: openId } });
    const { cssdInstitutionId, officeInstitutionId, infectionInstitutionIds } = await getSupplyPosts(db);
    const role = ownerOf(kind, { institutionId: reported.institutionId, suspect: null });
    return {
      discrepancyId: uuid(),
      kind,
      owner: { role, institutionId: role === 'head' ? (reported.institutionId ?? cssdInstitutionId) : cssdInstitutionId },
      cssdInstitutionId,
      officeInstitutionId,
      infectionInstitutionIds: concernsInfection(kind) ? infectionInstitutionIds : [],
      budgets: discrepancyBudgets(loadNormRules(localDateOf(Date.now()))),
      reported,
    };
  },
  command: ({ body }, input) => ({
    kind: 'discrepancy',
    pathwayId: input.discrepancyId,
    name: 'open',
    input,
    texts: { note: body.note },
    seen: 0,
  }),
  render: renderDiscrepancy,
};

interface StepBody {
  note?: string;
  resolution?: (typeof discrepancyResolutions)[number];
}

/** What may be done is judged by the row here, so that a refusal that is plain leaves no trace, and again in the commit. */
export const discrepancySteps = <Body extends StepBody>(step: DiscrepancyStep): CommandSteps<Body, DiscrepancyRecord, undefined> => ({
  async check({ resource: { status, resolvedBy }, caller }) {
    if (!discrepancyTransitions[step].from.includes(status)) throw refuseTransition(status, stepsAllowedIn(status));
    if (step === 'close' && resolvedBy === caller.personId) throw new Problem('same-person');
    return undefined;
  },
  command: ({ resource, body: { note, resolution } }) => ({
    kind: 'discrepancy',
    pathwayId: resource.id,
    name: step,
    input: resolution === undefined ? {} : { resolution },
    texts: note === undefined ? {} : { note },
    seen: 0,
  }),
  render: renderDiscrepancy,
});
