/** The commands of a simulation: each has the body that it has on the service, is checked as there, and is given by who mostly gives it. */
import { z } from '@hono/zod-openapi';
import type { EpisodeRecord } from '../../db/discharge/episodes.ts';
import type { Role } from '../../domain/alliance/roles.ts';
import type { EpisodeCommandName } from '../../domain/discharge/events.ts';
import { RoleSchema } from '../kit/codes.ts';
import type { CommandSteps, PathwayCommand } from '../kit/commands.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';
import { Id, Instant } from '../kit/schemas.ts';
import {
  AddOrderBody,
  BriefBody,
  ChangeOrderBody,
  ContactBody,
  ConversationBody,
  EducateBody,
  type OnEpisodeBody,
  PlanBody,
  ReasonBody,
  ReconcileBody,
  ReportOrdersBody,
  ReportResultBody,
  RevokeLinkBody,
  SendLinkBody,
  SetRiskBody,
  TellResultBody,
  TellResultsBody,
  TriageBody,
  VisitBody,
} from './bodies.ts';
import {
  addOrderSteps,
  answerConversationSteps,
  briefSteps,
  changeOrderSteps,
  educateSteps,
  reasonSteps,
  reconcileSteps,
  recordContactSteps,
  recordPlanSteps,
  recordVisitSteps,
  reportOrdersSteps,
  reportResultSteps,
  setRiskSteps,
  tellResultSteps,
  tellResultsSteps,
  triageSteps,
} from './commands.ts';
import { revokeLinkSteps, sendLinkSteps } from './link-commands.ts';

/** What every event of a simulation has. */
export const aroundEvent = {
  at: Instant,
  /** the stay that it is about; 1 where it is left out */
  visitNumber: Id.optional(),
  /** the hospital of the stay; that of the simulation where it is left out */
  institutionId: Id.optional(),
};

/** Whoever gives a command unless it says so itself. */
export interface UsualGiver {
  side: 'hospital' | 'centre';
  role: Role;
}

export interface SimulatedCommandForm {
  name: EpisodeCommandName;
  giver: UsualGiver;
  /** Makes of a body what the pathway gets and what is written beside it. Throws Problem. */
  prepare(request: KeyedRequest, body: unknown, record: EpisodeRecord): Promise<PathwayCommand>;
}

const commandForm = <Name extends EpisodeCommandName, Body extends z.ZodType<OnEpisodeBody>, Checked>(
  name: Name,
  giver: UsualGiver,
  body: Body,
  steps: CommandSteps<z.output<Body>, EpisodeRecord, Checked>,
) => ({
  name,
  giver,
  schema: z.strictObject({
    ...aroundEvent,
    type: z.literal(name),
    body,
    by: z.strictObject({ institutionId: Id, role: RoleSchema }).optional(),
  }),
  async prepare(request: KeyedRequest, given: unknown, record: EpisodeRecord) {
    const asked = { ...request, body: body.parse(given), resource: record };
    return steps.command(asked, await steps.check(asked));
  },
});

const ward: UsualGiver = { side: 'hospital', role: 'nurse' };
const specialist: UsualGiver = { side: 'hospital', role: 'specialist' };
const nurse: UsualGiver = { side: 'centre', role: 'nurse' };
const gp: UsualGiver = { side: 'centre', role: 'gp' };

const forms = [
  commandForm('brief', specialist, BriefBody, briefSteps),
  commandForm('tell-results', specialist, TellResultsBody, tellResultsSteps),
  commandForm('educate', ward, EducateBody, educateSteps),
  commandForm('record-plan', ward, PlanBody, recordPlanSteps),
  commandForm('add-order', specialist, AddOrderBody, addOrderSteps),
  commandForm('change-order', specialist, ChangeOrderBody, changeOrderSteps),
  commandForm('report-orders', gp, ReportOrdersBody, reportOrdersSteps),
  commandForm('record-contact', nurse, ContactBody, recordContactSteps),
  commandForm('record-visit', gp, VisitBody, recordVisitSteps),
  commandForm('reconcile', { side: 'hospital', role: 'pharmacist' }, ReconcileBody, reconcileSteps),
  commandForm('answer-conversation', gp, ConversationBody, answerConversationSteps),
  commandForm('triage', gp, TriageBody, triageSteps),
  commandForm('report-result', specialist, ReportResultBody, reportResultSteps),
  commandForm('tell-result', specialist, TellResultBody, tellResultSteps),
  commandForm('set-risk', specialist, SetRiskBody, setRiskSteps),
  commandForm('send-link', nurse, SendLinkBody, sendLinkSteps),
  commandForm('revoke-link', nurse, RevokeLinkBody, revokeLinkSteps),
  commandForm('withdraw', gp, ReasonBody, reasonSteps('withdraw')),
  commandForm('reopen', gp, ReasonBody, reasonSteps('reopen')),
] as const;

export const simulatedCommandSchemas = forms.map(({ schema }) => schema);

export const findCommandForm = (name: string): SimulatedCommandForm | undefined => forms.find((form) => form.name === name);
