/** The bodies of the commands on an episode. */
import { z } from '@hono/zod-openapi';
import { contactChannels, contactOutcomes, triageActions, understandings, visitModes } from '../../domain/discharge/codes.ts';
import { woundStates } from '../../domain/discharge/order.ts';
import { comorbidities, riskLevels } from '../../domain/discharge/risk-model.ts';
import { operationSites, orderKinds, symptoms } from '../../domain/discharge/rules.ts';
import { joints } from '../../domain/discharge/templates.ts';
import { DateOnly, DayOrInstant, Id, Instant, Text } from '../kit/schemas.ts';
import { LinkRecipientSchema } from './parts.ts';

/** What the patient has said about a referral, and when that was recorded. */
const ConsentForm = z.strictObject({ given: z.boolean(), recordedAt: DayOrInstant });

const onEpisode = {
  patientId: Id.optional(),
  /** when it was done; now where it is left out */
  at: Instant.optional(),
};
export type OnEpisodeBody = { patientId?: string | undefined; at?: string | undefined };

const RiskInputsSchema = z.strictObject({
  hemoglobinGPerL: z.number().min(10).max(300).optional(),
  sodiumMmolPerL: z.number().min(80).max(200).optional(),
  oncologyService: z.boolean().optional(),
  cancer: z.boolean().optional(),
  procedure: z.boolean().optional(),
  admissions12Months: z.number().int().min(0).max(100).optional(),
  emergencyVisits6Months: z.number().int().min(0).max(100).optional(),
  comorbidities: z.array(z.enum(comorbidities)).max(14).optional(),
});

const Unit = Text(20);
const Amount = z.number().positive().max(1_000_000);

const DoseSchema = z.union([
  Text(200),
  z.strictObject({ amount: Amount, unit: Unit, perDay: z.number().positive().max(100) }).openapi({ title: 'DoseInAmounts' }),
  z.strictObject({ asNeeded: z.literal(true) }).openapi({ title: 'DoseWhenNeeded' }),
]);

const MedicineSchema = z.strictObject({
  dose: DoseSchema.optional(),
  quantity: z.strictObject({ value: Amount, unit: Unit, packSize: Amount.optional(), packUnit: Unit.optional() }).optional(),
  strength: z.strictObject({ value: Amount, unit: Unit, per: Unit }).optional(),
  startOn: DateOnly.optional(),
  untilOn: DateOnly.optional(),
  longTerm: z.boolean().optional(),
  highAlert: z.boolean().optional(),
});

export const OrderSchema = z
  .strictObject({
    kind: z.enum(orderKinds),
    title: Text(200),
    item: Id.optional(),
    opensOn: DateOnly.optional(),
    dueOn: DateOnly.optional(),
    place: z.enum(['hospital', 'centre']).optional(),
    site: z.enum(operationSites).optional(),
    repeat: z.strictObject({ everyDays: z.number().int().min(1).max(365), untilOn: DateOnly }).optional(),
    number: Id.optional(),
    expectedOn: DateOnly.optional(),
    medicine: MedicineSchema.optional(),
  })
  .openapi('DischargeOrder');
export type OrderBody = z.output<typeof OrderSchema>;

const EvidenceSchema = z.strictObject({
  on: DateOnly,
  quantity: z.strictObject({ value: Amount, unit: Unit }).optional(),
  taken: z.enum(['all', 'most']).optional(),
  value: Text(500).optional(),
  abnormal: z.boolean().optional(),
  critical: z.boolean().optional(),
  woundState: z.enum(woundStates).optional(),
  topics: z.array(Text(200)).max(50).optional(),
  understood: z.enum(['yes', 'partly', 'no']).optional(),
  inUse: z.boolean().optional(),
  vaccine: Text(200).optional(),
  text: Text(2_000).optional(),
});

export const ReportSchema = z
  .strictObject({
    orderId: Id,
    outcome: z.enum(['done', 'partial', 'refused', 'stopped', 'not-needed']),
    evidence: EvidenceSchema.optional(),
    reason: Text(500).optional(),
    nextDueOn: DateOnly.optional(),
  })
  .openapi('DischargeOrderReport');
export type ReportBody = z.output<typeof ReportSchema>;
const Reports = z.array(ReportSchema).min(1).max(100);

export const PlanBody = z.strictObject({
  ...onEpisode,
  template: Id.optional(),
  without: z.array(Id).max(100).optional(),
  diagnoses: z.array(z.strictObject({ code: Text(20), text: Text(200) })).max(50),
  procedures: z.array(Text(200)).max(50),
  responsibleClinician: z.string().trim().max(100),
  allergies: z.array(Text(200)).max(50),
  instructions: z.string().trim().max(4_000),
  noMedication: z.boolean().optional(),
  noPendingResults: z.boolean().optional(),
  operatedOn: DateOnly.optional(),
  site: z.enum(operationSites).optional(),
  joint: z.enum(joints).optional(),
  riskInputs: RiskInputsSchema,
  orders: z.array(OrderSchema).max(100),
  linkConsent: z.enum(['none', 'patient', 'patient-and-family']),
  consent: Text(1_000).optional(),
  handover: z
    .discriminatedUnion('to', [
      z.strictObject({ to: z.literal('follow-up'), protocol: Id }).openapi({ title: 'ToFollowUp' }),
      z.strictObject({ to: z.literal('down-referral') }).openapi({ title: 'ToDownReferral' }),
    ])
    .optional(),
});

const toldTo = z.enum(['patient', 'family']);

export const BriefBody = z.strictObject({
  ...onEpisode,
  purpose: Text(2_000),
  problems: z.array(Text(500)).max(50),
  expectedDays: z.number().int().min(0).max(1_000),
  /** in yuan */
  expectedCost: z.number().min(0).max(10_000_000),
  toldTo,
});
export const TellResultsBody = z.strictObject({ ...onEpisode, numbers: z.array(Id).min(1).max(100), toldTo });
export const EducateBody = z.strictObject({ ...onEpisode, topics: z.array(Text(200)).min(1).max(50), understood: z.enum(understandings) });

export const AddOrderBody = z.strictObject({ ...onEpisode, order: OrderSchema });
export const ChangeOrderBody = z.strictObject({ ...onEpisode, orderId: Id, order: OrderSchema });
export const ReportOrdersBody = z.strictObject({ ...onEpisode, orders: Reports });

const Symptoms = z.array(z.enum(symptoms)).max(17);

export const ContactBody = z.strictObject({
  ...onEpisode,
  channel: z.enum(contactChannels),
  outcome: z.enum(contactOutcomes),
  callAt: Instant.optional(),
  contact: z.number().int().min(0).max(100).optional(),
  symptoms: Symptoms.optional(),
  note: Text(2_000).optional(),
  orders: Reports.optional(),
});

export const VisitBody = z.strictObject({
  ...onEpisode,
  visitedAt: Instant,
  mode: z.enum(visitModes),
  symptoms: Symptoms.optional(),
  note: Text(2_000).optional(),
  orders: Reports.optional(),
});

export const ReconcileBody = z.strictObject({
  ...onEpisode,
  medicines: z
    .array(
      z.strictObject({
        name: Text(200),
        orderId: Id.optional(),
        action: z.enum(['continue', 'change', 'stop', 'add']),
        reason: Text(500).optional(),
      }),
    )
    .max(100),
  discrepancies: z.array(Text(500)).max(100).optional(),
});

export const ConversationBody = z.strictObject({
  ...onEpisode,
  conversationId: Id,
  decision: z.enum(['resume', 'replace', 'stop-agreed']),
  note: Text(2_000),
  order: OrderSchema.optional(),
});

export const TriageBody = z.strictObject({
  ...onEpisode,
  triageId: Id,
  action: z.enum(triageActions),
  note: Text(2_000),
  /** of refer and emergency: where to, when it is not the hospital of the stay, and what the patient has said of it */
  referral: z.strictObject({ toInstitutionId: Id.optional(), toDepartmentId: Id.optional(), consent: ConsentForm.optional() }).optional(),
});

export const ReportResultBody = z.strictObject({
  ...onEpisode,
  orderId: Id,
  resultAt: Instant,
  abnormal: z.boolean(),
  critical: z.boolean().optional(),
});

export const TellResultBody = z.strictObject({ ...onEpisode, orderId: Id, toldTo: z.enum(['patient', 'family', 'letter']) });

export const SetRiskBody = z.strictObject({ ...onEpisode, level: z.enum(riskLevels).nullable(), reason: Text(2_000) });
export const SendLinkBody = z.strictObject({ ...onEpisode, to: LinkRecipientSchema });
export const RevokeLinkBody = z.strictObject({ ...onEpisode, linkId: Id });
export const ReasonBody = z.strictObject({ ...onEpisode, reason: Text(2_000) });
