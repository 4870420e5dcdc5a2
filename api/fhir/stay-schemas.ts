/** A transaction that tells of a stay in hospital: one Encounter, and beside it what was ordered. */
import { z } from '@hono/zod-openapi';
import { toMessage } from '../kit/field-words.ts';
import { ConceptSchema, noModifiers, ReferenceSchema } from './schemas.ts';

const Identifier = z.looseObject({ system: z.string().max(200).optional(), value: z.string().min(1).max(100).optional() });

/** R4 has these; a stay is told by three of them. */
const encounterStatuses = ['in-progress', 'finished', 'cancelled'] as const;

export const EncounterSchema = z
  .looseObject({
    resourceType: z.literal('Encounter'),
    ...noModifiers,
    identifier: z.array(Identifier).min(1).max(10).openapi({ description: 'the visit number of the hospital' }),
    status: z.enum(encounterStatuses),
    class: z.looseObject({ code: z.string().min(1).max(50) }).openapi({ description: 'IMP is a stay; any other is noted' }),
    subject: ReferenceSchema,
    serviceProvider: ReferenceSchema,
    period: z.looseObject({ start: z.string().max(40).optional(), end: z.string().max(40).optional() }).optional(),
    hospitalization: z.looseObject({ dischargeDisposition: ConceptSchema.optional() }).optional(),
  })
  .openapi('FhirEncounter');
export type EncounterBody = z.output<typeof EncounterSchema>;

/** These are told by transactions of their own, and a critical value among them must not wait for anybody. */
const ofOthers = ['Encounter', 'Observation', 'Task', 'Bundle', 'Parameters'];

/** What may stand beside the Encounter: each entry is read by itself, and what cannot be read of it is held and named. */
const BesideSchema = z
  .looseObject({
    resourceType: z
      .string()
      .regex(/^[A-Z][A-Za-z]{1,63}$/)
      .refine((type) => !ofOthers.includes(type)),
  })
  .openapi('FhirBesideEncounter', {
    description:
      'MedicationRequest (a medicine), ServiceRequest (category: the kind of order), Appointment (a revisit), CarePlan (category: the template). Any other type, and whatever cannot be read, is held and named in the answer.',
  });

const entryOf = <Resource extends z.ZodType>(resource: Resource) =>
  z.looseObject({
    fullUrl: z.string().optional(),
    resource,
    request: z.looseObject({ method: z.enum(['POST', 'PUT']), url: z.string().max(300) }),
  });

export const StayTransactionSchema = z
  .looseObject({
    resourceType: z.literal('Bundle'),
    ...noModifiers,
    type: z.literal('transaction'),
    identifier: z
      .looseObject({ system: z.string().max(200).optional(), value: z.string().min(1).max(199) })
      .openapi({ description: 'the id of the message: what comes twice counts once' }),
    timestamp: z.string().max(40).optional(),
    entry: z
      .array(z.union([entryOf(EncounterSchema), entryOf(BesideSchema)]))
      .min(1)
      .max(200),
  })
  .refine(({ entry }) => entry.some(({ resource }) => resource.resourceType === 'Encounter'), {
    path: ['entry'],
    message: toMessage({ zh: '须有一个 Encounter', en: 'an Encounter is needed' }),
  })
  .openapi('FhirStayTransaction');
export type StayTransactionBody = z.output<typeof StayTransactionSchema>;
