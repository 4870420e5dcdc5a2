/** An Observation as a reading: LOINC says the kind, UCUM the unit, the identifier is the message. */

import { z } from '@hono/zod-openapi';
import { toOwnId } from '../../domain/kit/uuid.ts';
import type { ReadingKind } from '../../domain/readings/reading.ts';
import { parseBody } from '../kit/edge.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { NewReadingBody } from '../readings/routes.ts';
import { systems } from './codes.ts';
import { inElements } from './elements.ts';
import { inUtc } from './instants.ts';
import { meterTextsIn } from './meter-texts.ts';
import { kindsByLoinc, pressureCodes, toUnit } from './reading-codes.ts';
import { ComponentSchema, type Concept, type ObservationBody, ObservationSchema } from './schemas.ts';

/** Paths of the API's body, and the elements they come from. */
const elements: Record<string, string> = {
  source: 'identifier.system',
  messageId: 'identifier.value',
  patientId: 'subject',
  localId: 'subject',
  measuredAt: 'effective',
  value: 'valueQuantity.value',
  systolic: `component[${pressureCodes.systolic}].valueQuantity.value`,
  diastolic: `component[${pressureCodes.diastolic}].valueQuantity.value`,
  comparator: 'valueQuantity.comparator',
};

type Quantity = NonNullable<ObservationBody['valueQuantity']>;

/** `at`: where the Observation stands. Rejects with Problem 422 that has the element; it never throws at once, because several are read side by side. */
export async function readingIn(observation: ObservationBody, at: string): Promise<NewReadingBody> {
  const kind = kindOf(observation);
  if (kind === undefined) throw invalidRequestProblem(`${at}.code`, { zh: '不接收此类观察', en: 'is no kind of reading that is taken' });
  const isPressure = kind === 'blood-pressure';
  const named = { ...elements, unit: isPressure ? 'component.valueQuantity.code' : 'valueQuantity.code' };
  const placed = Object.fromEntries(Object.entries(named).map(([path, element]) => [path, `${at}.${element}`]));
  const { identifier, effectiveDateTime, effectiveInstant } = observation;
  // Identifiers have no order: the message is named by the first one that is whole.
  const message = identifier.find(({ system, value }) => system !== undefined && value !== undefined) ?? identifier[0];
  return await inElements(placed, async () =>
    parseBody(NewReadingBody, {
      kind,
      source: message?.system,
      messageId: message?.value,
      ...subjectOf(observation, at),
      measuredAt: inUtc(effectiveDateTime ?? effectiveInstant),
      ...contextOf(observation),
      ...(isPressure ? pressureOf(observation, at) : singleValueOf(observation)),
    }),
  );
}

export const kindOf = ({ code }: ObservationBody): ReadingKind | undefined => loincOf(code, kindsByLoinc);

/** What could turn the meaning round, and an observation that somebody has taken back, is nothing to keep. */
const TAKEN_BACK = ['entered-in-error', 'cancelled'];

/**
 * What can be read of an Observation that was refused, in the form of the API, each part by itself; undefined for one that means something else than it
 * seems to.
 */
export function salvageReading(resource: unknown): Record<string, unknown> | undefined {
  const whole = z.looseObject({ resourceType: z.literal('Observation'), status: z.unknown() }).safeParse(resource).data;
  if (!whole || whole.modifierExtension !== undefined || whole.implicitRules !== undefined) return undefined;
  if (TAKEN_BACK.some((status) => status === whole.status)) return undefined;
  const { dataAbsentReason: _, ...rest } = whole;
  const observation = SalvagedSchema.safeParse(rest).data;
  const kind = observation && kindOf(observation);
  if (!observation || !kind) return undefined;
  const message = observation.identifier.find(({ system, value }) => system !== undefined && value !== undefined);
  const attempt = (read: () => Record<string, unknown>): Record<string, unknown> => {
    try {
      return read();
    } catch (error) {
      if (error instanceof Problem) return {};
      throw error;
    }
  };
  return {
    kind,
    source: message?.system,
    messageId: message?.value,
    measuredAt: inUtc(observation.effectiveDateTime ?? observation.effectiveInstant),
    ...attempt(() => subjectOf(observation, '')),
    ...contextOf(observation),
    ...attempt(() => (kind === 'blood-pressure' ? pressureOf(observation, '') : singleValueOf(observation))),
    ...meterTextsIn(whole, kind),
  };
}

const unreadable = (): undefined => undefined;

/** The same elements; what is not as it should be is not there. */
const SalvagedSchema = z.looseObject({
  ...ObservationSchema.shape,
  identifier: ObservationSchema.shape.identifier.catch([]),
  status: z.literal('final').catch('final'),
  subject: ObservationSchema.shape.subject.catch({}),
  effectiveDateTime: z.string().optional().catch(unreadable),
  effectiveInstant: z.string().optional().catch(unreadable),
  performer: ObservationSchema.shape.performer.catch(unreadable),
  device: ObservationSchema.shape.device.catch(unreadable),
  valueQuantity: ObservationSchema.shape.valueQuantity.catch(unreadable),
  component: z
    .array(z.unknown())
    .max(100)
    .optional()
    .catch(unreadable)
    .transform((parts) => parts?.flatMap((part) => ComponentSchema.safeParse(part).data ?? [])),
});

const loincOf = <Known>(concept: Concept, known: Record<string, Known>): Known | undefined =>
  concept.coding
    ?.filter(({ system, code }) => system === systems.loinc && code !== undefined && Object.hasOwn(known, code))
    .map(({ code }) => known[code as string])[0];

const unitOf = (quantity: Quantity | undefined): string | undefined => (quantity?.code === undefined ? undefined : toUnit(quantity.code));

const singleValueOf = ({ valueQuantity }: ObservationBody) => ({
  value: valueQuantity?.value,
  unit: unitOf(valueQuantity),
  ...(valueQuantity?.comparator === undefined ? {} : { comparator: valueQuantity.comparator }),
});

export const isComponentOf = (concept: Concept, loinc: string): boolean => loincOf(concept, { [loinc]: true }) === true;

/** Throws Problem 422. */
function pressureOf({ component = [] }: ObservationBody, at: string) {
  const quantityOf = (loinc: string) => {
    const of = component.filter(({ code }) => isComponentOf(code, loinc));
    if (of.length > 1) throw invalidRequestProblem(`${at}.component`, { zh: '同一分量给出多次', en: 'gives one component twice' });
    return of[0]?.valueQuantity;
  };
  const [systolic, diastolic] = [quantityOf(pressureCodes.systolic), quantityOf(pressureCodes.diastolic)];
  if (systolic && diastolic && systolic.code !== diastolic.code)
    throw invalidRequestProblem(`${at}.component.valueQuantity.code`, {
      zh: '收缩压与舒张压单位不同',
      en: 'systolic and diastolic are in different units',
    });
  return {
    systolic: systolic?.value,
    diastolic: diastolic?.value,
    unit: unitOf(systolic),
    ...(systolic?.comparator === undefined ? {} : { systolicComparator: systolic.comparator }),
    ...(diastolic?.comparator === undefined ? {} : { diastolicComparator: diastolic.comparator }),
  };
}

/** Throws Problem 422. */
function subjectOf({ subject: { identifier, reference } }: ObservationBody, at: string) {
  const { system, value } = identifier ?? {};
  if (system === systems.patient && value !== undefined) return { patientId: toOwnId(value) };
  if (system !== undefined && value !== undefined) return { localId: { system, value } };
  if (reference?.startsWith('Patient/')) return { patientId: toOwnId(reference.slice('Patient/'.length)) };
  throw invalidRequestProblem(`${at}.subject`, { zh: '缺少患者标识', en: 'names no patient' });
}

/** Whoever is told to have performed it: the person about themselves, a device. Else as usual of the sender. */
function contextOf({ performer = [], device, subject }: ObservationBody) {
  const self = performer.some(
    ({ reference, identifier }) =>
      (reference !== undefined && reference === subject.reference) ||
      (identifier?.value !== undefined &&
        identifier.value === subject.identifier?.value &&
        identifier.system === subject.identifier?.system),
  );
  if (self) return { context: 'self-report' };
  return device ? { context: 'device' } : {};
}
