/** An Observation as a reading: LOINC says the kind, UCUM the unit, the identifier is the message. */
import { parseBody } from '../kit/edge.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { NewReadingBody } from '../readings/routes.ts';
import { systems } from './codes.ts';
import { inElements } from './elements.ts';
import { inUtc } from './instants.ts';
import type { Concept, ObservationBody } from './schemas.ts';

const BLOOD_PRESSURE = '85354-9';
const SYSTOLIC = '8480-6';
const DIASTOLIC = '8462-4';

/** Of the two codes of a kind of glucose one is by amount and one by mass; the unit tells which. */
const kindsByLoinc: Record<string, string> = {
  [BLOOD_PRESSURE]: 'blood-pressure',
  '15074-8': 'random-glucose',
  '2339-0': 'random-glucose',
  '14771-0': 'fasting-glucose',
  '1558-6': 'fasting-glucose',
  '8867-4': 'heart-rate',
  '29463-7': 'weight',
  '8310-5': 'temperature',
};

const units: Record<string, string> = { 'mm[Hg]': 'mmHg' };

/** Paths of the API's body, and the elements they come from. */
const elements: Record<string, string> = {
  source: 'identifier.system',
  messageId: 'identifier.value',
  patientId: 'subject',
  localId: 'subject',
  measuredAt: 'effective',
  value: 'valueQuantity.value',
  systolic: `component[${SYSTOLIC}].valueQuantity.value`,
  diastolic: `component[${DIASTOLIC}].valueQuantity.value`,
  comparator: 'valueQuantity.comparator',
};

type Quantity = NonNullable<ObservationBody['valueQuantity']>;

/** `at`: where the Observation stands. Throws Problem 422 with the element. */
export function readingIn(observation: ObservationBody, at: string): Promise<NewReadingBody> {
  const kind = loincOf(observation.code, kindsByLoinc);
  if (kind === undefined) throw invalidRequestProblem(`${at}.code`, { zh: '不接收此类观察', en: 'is no kind of reading that is taken' });
  const isPressure = kind === 'blood-pressure';
  const named = { ...elements, unit: isPressure ? 'component.valueQuantity.code' : 'valueQuantity.code' };
  const placed = Object.fromEntries(Object.entries(named).map(([path, element]) => [path, `${at}.${element}`]));
  const { identifier, effectiveDateTime, effectiveInstant } = observation;
  // Identifiers have no order: the message is named by the first one that is whole.
  const message = identifier.find(({ system, value }) => system !== undefined && value !== undefined) ?? identifier[0];
  return inElements(placed, async () =>
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

const loincOf = (concept: Concept, known: Record<string, string>): string | undefined =>
  concept.coding
    ?.filter(({ system, code }) => system === systems.loinc && code !== undefined && Object.hasOwn(known, code))
    .map(({ code }) => known[code as string])[0];

const unitOf = (quantity: Quantity | undefined): string | undefined => {
  const code = quantity?.code;
  return code !== undefined && Object.hasOwn(units, code) ? units[code] : code;
};

const singleValueOf = ({ valueQuantity }: ObservationBody) => ({
  value: valueQuantity?.value,
  unit: unitOf(valueQuantity),
  ...(valueQuantity?.comparator === undefined ? {} : { comparator: valueQuantity.comparator }),
});

/** Throws Problem 422. */
function pressureOf({ component = [] }: ObservationBody, at: string) {
  const quantityOf = (loinc: string) => {
    const of = component.filter(({ code }) => loincOf(code, { [loinc]: loinc }));
    if (of.length > 1) throw invalidRequestProblem(`${at}.component`, { zh: '同一分量给出多次', en: 'gives one component twice' });
    return of[0]?.valueQuantity;
  };
  const [systolic, diastolic] = [quantityOf(SYSTOLIC), quantityOf(DIASTOLIC)];
  if (systolic?.comparator !== undefined || diastolic?.comparator !== undefined)
    throw invalidRequestProblem(`${at}.component.valueQuantity.comparator`, {
      zh: '血压不接受比较符',
      en: 'is not understood of a blood pressure',
    });
  if (systolic && diastolic && systolic.code !== diastolic.code)
    throw invalidRequestProblem(`${at}.component.valueQuantity.code`, {
      zh: '收缩压与舒张压单位不同',
      en: 'systolic and diastolic are in different units',
    });
  return { systolic: systolic?.value, diastolic: diastolic?.value, unit: unitOf(systolic) };
}

/** Throws Problem 422. */
function subjectOf({ subject: { identifier, reference } }: ObservationBody, at: string) {
  const { system, value } = identifier ?? {};
  if (system === systems.patient && value !== undefined) return { patientId: value };
  if (system !== undefined && value !== undefined) return { localId: { system, value } };
  if (reference?.startsWith('Patient/')) return { patientId: reference.slice('Patient/'.length) };
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
