/** The bodies of the commands on an episode. */
import { z } from '@hono/zod-openapi';
import { contactChannels, contactOutcomes, visitModes } from '../../domain/discharge/codes.ts';
import { DateOnly, Id, Instant, Text } from '../kit/schemas.ts';

const onEpisode = {
  patientId: Id.optional(),
  /** when it was done; now where it is left out */
  at: Instant.optional(),
};
export type OnEpisodeBody = { patientId?: string | undefined; at?: string | undefined };

const comorbidities = [
  'mi',
  'stroke',
  'pvd',
  'diabetes',
  'heart-failure',
  'diabetes-organ-damage',
  'chronic-lung',
  'mild-liver-renal',
  'tumour',
  'dementia',
  'connective-tissue',
  'severe-liver-renal',
  'hiv',
  'metastatic',
] as const;

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

export const PlanBody = z.strictObject({
  ...onEpisode,
  template: Id.optional(),
  diagnoses: z.array(z.strictObject({ code: Text(20), text: Text(200) })).max(50),
  procedures: z.array(Text(200)).max(50),
  responsibleClinician: Text(100),
  allergies: z.array(Text(200)).max(50),
  instructions: Text(4_000),
  noMedication: z.boolean().optional(),
  noPendingResults: z.boolean().optional(),
  operatedOn: DateOnly.optional(),
  riskInputs: RiskInputsSchema,
  orders: z.array(z.string()).max(0),
  linkConsent: z.enum(['none', 'patient', 'patient-and-family']),
  consent: Text(1_000).optional(),
  handover: z
    .discriminatedUnion('to', [
      z.strictObject({ to: z.literal('follow-up'), protocol: Id }).openapi({ title: 'ToFollowUp' }),
      z.strictObject({ to: z.literal('down-referral') }).openapi({ title: 'ToDownReferral' }),
    ])
    .optional(),
});

export const ContactBody = z.strictObject({
  ...onEpisode,
  channel: z.enum(contactChannels),
  outcome: z.enum(contactOutcomes),
  callAt: Instant.optional(),
  contact: z.number().int().min(0).max(100).optional(),
  note: Text(2_000).optional(),
});

export const VisitBody = z.strictObject({
  ...onEpisode,
  visitedAt: Instant,
  mode: z.enum(visitModes),
  note: Text(2_000).optional(),
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
    .min(1)
    .max(100),
  discrepancies: z.array(Text(500)).max(100).optional(),
});
