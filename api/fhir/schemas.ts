/** The parts of FHIR R4 resources that are read; the rest of a resource may be there. What would change its meaning may not. */
import { z } from '@hono/zod-openapi';
import { comparators } from '../../domain/readings/reading.ts';
import { MOST_READINGS } from '../readings/incoming.ts';

const Identifier = z.looseObject({ system: z.string().max(200).optional(), value: z.string().min(1).max(100).optional() });
export const ReferenceSchema = z.looseObject({
  reference: z.string().max(300).optional(),
  type: z.string().optional(),
  identifier: Identifier.optional(),
  display: z.string().max(500).optional(),
});
export const ConceptSchema = z.looseObject({
  text: z.string().optional(),
  coding: z.array(z.looseObject({ system: z.string().optional(), code: z.string().optional(), display: z.string().optional() })).optional(),
});
const Annotation = z.looseObject({ text: z.string() });

export type Reference = z.output<typeof ReferenceSchema>;
export type Concept = z.output<typeof ConceptSchema>;

/** FHIR: whoever does not understand a modifier extension must not process the resource. */
const absent = z.never().openapi({ type: 'object', not: {}, description: 'not understood here, so it may not be there' }).optional();
export const noModifiers = { modifierExtension: absent, implicitRules: absent };

const ContainedSchema = z.looseObject({
  ...noModifiers,
  resourceType: z.string(),
  id: z.string().optional(),
  status: z.string().optional(),
  dateTime: z.string().optional(),
  description: z.string().optional(),
});

export const ServiceRequestSchema = z
  .looseObject({
    resourceType: z.literal('ServiceRequest'),
    ...noModifiers,
    contained: z.array(ContainedSchema).max(10).optional(),
    identifier: z.array(Identifier).max(10).optional(),
    status: z.enum(['draft', 'active']),
    intent: z.literal('order'),
    doNotPerform: z.literal(false).optional(),
    priority: z.enum(['routine', 'asap', 'urgent', 'stat']).default('routine'),
    subject: ReferenceSchema,
    requester: ReferenceSchema.optional(),
    performer: z.array(ReferenceSchema).min(1).max(5),
    reasonCode: z.array(ConceptSchema).max(10).optional(),
    reasonReference: z.array(ReferenceSchema).max(10).optional(),
    supportingInfo: z.array(ReferenceSchema).max(50).optional(),
    note: z.array(Annotation).max(20).optional(),
  })
  .openapi('FhirServiceRequest');
export type ServiceRequestBody = z.output<typeof ServiceRequestSchema>;

const Output = z.looseObject({ type: ConceptSchema, valueString: z.string().optional() });

export const TaskSchema = z
  .looseObject({
    resourceType: z.literal('Task'),
    ...noModifiers,
    id: z.string().optional(),
    status: z.string(),
    intent: z.string().optional(),
    focus: ReferenceSchema.optional(),
    basedOn: z.array(ReferenceSchema).max(10).optional(),
    statusReason: ConceptSchema.optional(),
    businessStatus: ConceptSchema.optional(),
    for: ReferenceSchema.optional(),
    executionPeriod: z.looseObject({ start: z.string().optional(), end: z.string().optional() }).optional(),
    note: z.array(Annotation).max(100).optional(),
    output: z.array(Output).max(200).optional(),
  })
  .openapi('FhirTask');
export type TaskBody = z.output<typeof TaskSchema>;

export const TransactionSchema = z
  .looseObject({
    resourceType: z.literal('Bundle'),
    ...noModifiers,
    type: z.literal('transaction'),
    entry: z
      .array(
        z.looseObject({
          fullUrl: z.string().optional(),
          resource: z.union([
            ServiceRequestSchema,
            z.looseObject({
              resourceType: z.literal('Task'),
              focus: ReferenceSchema.optional(),
              basedOn: z.array(ReferenceSchema).optional(),
            }),
          ]),
          request: z.looseObject({ method: z.literal('POST'), url: z.enum(['ServiceRequest', 'Task']) }),
        }),
      )
      .min(1)
      .max(2),
  })
  .openapi('FhirTransaction');
export type TransactionBody = z.output<typeof TransactionSchema>;

/** With a comparator the value is at least, or at most, what is given: the meter shows HI or LO. */
const Quantity = z.looseObject({
  value: z.number().optional(),
  comparator: z.enum(comparators).optional(),
  system: z.literal('http://unitsofmeasure.org').optional(),
  code: z.string().optional(),
});

export const ComponentSchema = z.looseObject({ code: ConceptSchema, valueQuantity: Quantity.optional() });

export const ObservationSchema = z
  .looseObject({
    resourceType: z.literal('Observation'),
    ...noModifiers,
    identifier: z.array(Identifier).min(1).max(10),
    status: z
      .enum(['final', 'entered-in-error'])
      .openapi({ description: 'a reading that is stored does not change; one that was entered in error counts for nothing from then on' }),
    code: ConceptSchema,
    subject: ReferenceSchema,
    effectiveDateTime: z.string().optional(),
    effectiveInstant: z.string().optional(),
    performer: z.array(ReferenceSchema).max(10).optional(),
    device: ReferenceSchema.optional(),
    valueQuantity: Quantity.optional(),
    component: z.array(ComponentSchema).max(10).optional(),
    /** the subject is not the one who was measured */
    focus: absent,
    dataAbsentReason: absent,
  })
  .openapi('FhirObservation');
export type ObservationBody = z.output<typeof ObservationSchema>;

export const ObservationTransactionSchema = z
  .looseObject({
    resourceType: z.literal('Bundle'),
    ...noModifiers,
    type: z.literal('transaction'),
    entry: z
      .array(
        z.looseObject({
          resource: ObservationSchema,
          request: z.looseObject({ method: z.literal('POST'), url: z.literal('Observation') }),
        }),
      )
      .min(1)
      .max(MOST_READINGS),
  })
  .openapi('FhirObservationTransaction');
export type ObservationTransactionBody = z.output<typeof ObservationTransactionSchema>;

export const BatchSchema = z
  .looseObject({
    resourceType: z.literal('Bundle'),
    ...noModifiers,
    type: z.literal('batch'),
    entry: z
      .array(z.unknown().openapi({ type: 'object', description: 'an Observation to be created; each entry is judged by itself' }))
      .max(MOST_READINGS)
      .optional(),
  })
  .openapi('FhirBatch');
export type BatchBody = z.output<typeof BatchSchema>;

/** An answer: the resource as FHIR defines it. */
export const resourceSchema = (resourceType: string) => z.looseObject({ resourceType: z.literal(resourceType) });
