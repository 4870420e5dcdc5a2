/** A MedicationRequest as an order of a medicine. */
import type { GivenMedicine, GivenOrder } from '../../../domain/discharge/order.ts';
import type { Quantity as HandedOut } from '../../../domain/discharge/supply.ts';
import { conceptText } from '../concepts.ts';
import type { Understood } from '../left-out.ts';
import type { EntryReader } from './entry.ts';
import { itemIn, titleOr } from './names.ts';
import { daysOf, isExact, unitOf } from './quantities.ts';
import { readDosages } from './read-dosage.ts';
import { findReferred } from './references.ts';
import { Medication, MedicationRequest } from './schemas.ts';
import type { Issue } from './words.ts';

const LONGEST_DOSE = 1_000;
const quantity: Understood = { value: true, comparator: true, unit: true, system: true, code: true };
const concept: Understood = { text: true, coding: true };

const understoodOfMedicine: Understood = {
  identifier: true,
  status: true,
  intent: true,
  doNotPerform: true,
  subject: true,
  encounter: true,
  authoredOn: true,
  category: true,
  medicationCodeableConcept: concept,
  medicationReference: true,
  courseOfTherapyType: concept,
  dosageInstruction: {
    sequence: true,
    text: true,
    timing: {
      repeat: {
        boundsPeriod: true,
        boundsDuration: true,
        frequency: true,
        frequencyMax: true,
        period: true,
        periodMax: true,
        periodUnit: true,
        dayOfWeek: true,
        timeOfDay: true,
        when: true,
      },
      code: true,
    },
    asNeededBoolean: true,
    doseAndRate: { type: true, doseQuantity: quantity, doseRange: true },
  },
  dispenseRequest: { quantity, expectedSupplyDuration: quantity },
};

export const readMedicationRequest: EntryReader<typeof MedicationRequest> = {
  schema: MedicationRequest,
  understood: understoodOfMedicine,
  inForce: ['active'],
  takenBack: ['cancelled', 'stopped', 'entered-in-error'],
  intents: ['order', 'original-order', 'reflex-order', 'filler-order', 'instance-order'],
  read(request, { at, entries, writtenOn, dischargedOn }) {
    const named = nameOf(request, entries);
    const title = titleOr(named.text);
    if (typeof title !== 'string') return { held: title.held, at: `${at}.${named.at}` };
    const dosage = readDosages(request.dosageInstruction ?? [], { writtenOn, dischargedOn });
    if ((dosage.written?.length ?? 0) > LONGEST_DOSE) return { held: 'too-long', at: `${at}.dosageInstruction[0].text` };
    const supply = supplyOf(request);
    const { dose, startOn, untilOn } = dosage;
    const medicine: GivenMedicine = {
      dose,
      ...supply,
      ...(startOn === undefined ? {} : { startOn }),
      ...(untilOn === undefined ? {} : { untilOn }),
      ...(isContinuous(request) ? { longTerm: true } : {}),
    };
    const item = itemIn(request.medicationCodeableConcept);
    const order: GivenOrder = { kind: 'medicine', title, ...(item === undefined ? {} : { item }), medicine };
    const isCounted = supply.quantity !== undefined || supply.expectedSupplyDays !== undefined || 'asNeeded' in Object(dose);
    const issues: Issue[] = [
      ...(dosage.isRead ? [] : [{ code: 'dose-not-read' as const, at: `${at}.dosageInstruction` }]),
      ...(dosage.arePeriodsRead ? [] : [{ code: 'period-not-read' as const, at: `${at}.dosageInstruction[0].timing.repeat` }]),
      ...(isCounted ? [] : [{ code: 'supply-not-read' as const, at: `${at}.dispenseRequest` }]),
    ];
    return { order, dose: dosage.written, issues };
  },
};

/** In words, else by the Medication that is contained or stands beside, else as the reference shows it. */
function nameOf(request: MedicationRequest, entries: Parameters<typeof findReferred>[2]): { text: string; at: string } {
  const { medicationCodeableConcept, medicationReference } = request;
  if (medicationCodeableConcept) return { text: conceptText(medicationCodeableConcept), at: 'medicationCodeableConcept' };
  if (!medicationReference) return { text: '', at: 'medicationCodeableConcept' };
  const referred = Medication.safeParse(findReferred(medicationReference, request, entries));
  const code = referred.success ? referred.data.code : undefined;
  return { text: code ? conceptText(code) : (medicationReference.display ?? ''), at: 'medicationReference' };
}

/** The quantity goes before the days for which it is said to suffice. */
function supplyOf({ dispenseRequest }: MedicationRequest): Pick<GivenMedicine, 'quantity' | 'expectedSupplyDays'> {
  const { quantity: handedOut, expectedSupplyDuration } = dispenseRequest ?? {};
  if (handedOut?.value !== undefined) {
    const unit = unitOf(handedOut) ?? handedOut.unit?.trim() ?? handedOut.code;
    const read: HandedOut | undefined = isExact(handedOut) && unit ? { value: handedOut.value, unit } : undefined;
    return read ? { quantity: read } : {};
  }
  const days = expectedSupplyDuration && daysOf(expectedSupplyDuration);
  return days === undefined ? {} : { expectedSupplyDays: days };
}

const COURSE = 'http://terminology.hl7.org/CodeSystem/medicationrequest-course-of-therapy';
const isContinuous = ({ courseOfTherapyType }: MedicationRequest): boolean =>
  courseOfTherapyType?.coding?.some(({ system, code }) => system === COURSE && code === 'continuous') ?? false;
