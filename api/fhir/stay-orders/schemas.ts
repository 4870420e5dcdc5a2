/** The parts of orders that are read. What has another form is held, never refused: the message has happened. */
import { z } from 'zod';

const Text = z.string();
const Identifier = z.looseObject({
  use: Text.optional(),
  system: Text.optional(),
  value: z.string().optional(),
});
const Coding = z.looseObject({ system: Text.optional(), code: Text.optional(), display: Text.optional() });
export const Concept = z.looseObject({ text: Text.optional(), coding: z.array(Coding).optional() });
export type Concept = z.output<typeof Concept>;
export const Reference = z.looseObject({ reference: Text.optional(), identifier: Identifier.optional(), display: Text.optional() });
export type Reference = z.output<typeof Reference>;
export const Quantity = z.looseObject({
  value: z.number().optional(),
  comparator: Text.optional(),
  unit: Text.optional(),
  system: Text.optional(),
  code: Text.optional(),
});
export type Quantity = z.output<typeof Quantity>;
const Period = z.looseObject({ start: Text.optional(), end: Text.optional() });

const Repeat = z.looseObject({
  boundsPeriod: Period.optional(),
  boundsDuration: Quantity.optional(),
  frequency: z.number().optional(),
  frequencyMax: z.number().optional(),
  period: z.number().optional(),
  periodMax: z.number().optional(),
  periodUnit: Text.optional(),
  dayOfWeek: z.array(Text).optional(),
  timeOfDay: z.array(Text).optional(),
  when: z.array(Text).optional(),
});
export type Repeat = z.output<typeof Repeat>;
const Timing = z.looseObject({ event: z.array(z.unknown()).optional(), repeat: Repeat.optional(), code: Concept.optional() });
export type Timing = z.output<typeof Timing>;

const Dosage = z.looseObject({
  text: Text.optional(),
  patientInstruction: Text.optional(),
  timing: Timing.optional(),
  asNeededBoolean: z.boolean().optional(),
  asNeededCodeableConcept: Concept.optional(),
  doseAndRate: z
    .array(
      z.looseObject({
        doseQuantity: Quantity.optional(),
        doseRange: z.looseObject({ low: Quantity.optional(), high: Quantity.optional() }).optional(),
      }),
    )
    .optional(),
});
export type Dosage = z.output<typeof Dosage>;

/** What every order has. */
const ordered = {
  identifier: z.array(Identifier).optional(),
  status: Text.optional(),
  intent: Text.optional(),
  doNotPerform: z.boolean().optional(),
  subject: Reference.optional(),
  encounter: Reference.optional(),
};

export const MedicationRequest = z.looseObject({
  ...ordered,
  medicationCodeableConcept: Concept.optional(),
  medicationReference: Reference.optional(),
  courseOfTherapyType: Concept.optional(),
  dosageInstruction: z.array(Dosage).optional(),
  dispenseRequest: z.looseObject({ quantity: Quantity.optional(), expectedSupplyDuration: Quantity.optional() }).optional(),
});
export type MedicationRequest = z.output<typeof MedicationRequest>;

export const OrderedService = z.looseObject({
  ...ordered,
  category: z.array(Concept).optional(),
  code: Concept.optional(),
  occurrenceDateTime: Text.optional(),
  occurrencePeriod: Period.optional(),
  occurrenceTiming: Timing.optional(),
  asNeededBoolean: z.boolean().optional(),
  asNeededCodeableConcept: Concept.optional(),
});
export type OrderedService = z.output<typeof OrderedService>;

export const Appointment = z.looseObject({
  identifier: ordered.identifier,
  status: ordered.status,
  description: Text.optional(),
  serviceType: z.array(Concept).optional(),
  reasonCode: z.array(Concept).optional(),
  start: Text.optional(),
  end: Text.optional(),
  requestedPeriod: z.array(Period).optional(),
  participant: z.array(z.looseObject({ actor: Reference.optional() })).optional(),
});
export type Appointment = z.output<typeof Appointment>;

export const CarePlan = z.looseObject({
  identifier: ordered.identifier,
  status: ordered.status,
  intent: ordered.intent,
  subject: ordered.subject,
  encounter: ordered.encounter,
  category: z.array(Concept).optional(),
  description: Text.optional(),
});
export type CarePlan = z.output<typeof CarePlan>;

export const Medication = z.looseObject({ code: Concept.optional() });
export const Named = z.looseObject({ resourceType: z.string(), id: Text.optional(), identifier: z.array(Identifier).optional() });
