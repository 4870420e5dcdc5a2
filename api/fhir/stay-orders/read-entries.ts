/** The entries beside the Encounter of a transaction: each is an order, takes one back, is a plan, or is held with the reason. None is refused or left out. */
import type { z } from 'zod';
import type { HeldReason, ReadEntry } from '../../../domain/discharge/sent-orders.ts';
import type { DischargeTemplates } from '../../../domain/discharge/templates.ts';
import type { LocalDate } from '../../../domain/time/local-date.ts';
import { listLeftOut, type Understood } from '../left-out.ts';
import type { EncounterBody, StayTransactionBody } from '../stay-schemas.ts';
import type { EntryReader } from './entry.ts';
import { readAppointment } from './read-appointment.ts';
import { readCarePlan } from './read-care-plan.ts';
import { readMedicationRequest } from './read-medication-request.ts';
import { readOrderedService } from './read-ordered-service.ts';
import { isSameReferred, keyOf } from './references.ts';
import type { Reference } from './schemas.ts';
import type { Issue } from './words.ts';

export interface EntryAnswer {
  /** Where the entry stands in the Bundle, and of which type its resource is. */
  at: string;
  type: string;
  entry: ReadEntry;
  /** What is said of it beside its status. */
  issues: Issue[];
  /** The places of what is not kept. */
  leftOut: string[];
}

export interface StayGround {
  body: StayTransactionBody;
  encounter: EncounterBody;
  writtenOn: LocalDate;
  dischargedOn: LocalDate | undefined;
  templates: DischargeTemplates;
}

type Read = Omit<EntryAnswer, 'at' | 'type'>;

const held = (reason: HeldReason, at: string): Read => ({ entry: { fate: 'held', reason }, issues: [{ code: reason, at }], leftOut: [] });

/** `n`: the place of the entry. */
export function readEntry(ground: StayGround, n: number): EntryAnswer {
  const resource = ground.body.entry[n]?.resource;
  if (!resource) throw new RangeError('The transaction has no such entry.');
  const type = resource.resourceType;
  return { at: `Bundle.entry[${n}]`, type, ...readResource(ground, type, resource, `Bundle.entry[${n}].resource`) };
}

function readResource(ground: StayGround, type: string, resource: unknown, at: string): Read {
  switch (type) {
    case 'MedicationRequest':
      return readBy(readMedicationRequest, resource, ground, at);
    case 'ServiceRequest':
      return readBy(readOrderedService, resource, ground, at);
    case 'Appointment':
      return readBy(readAppointment, resource, ground, at);
    case 'CarePlan':
      return readBy(readCarePlan, resource, ground, at);
    default:
      // The Medication or the Patient that another entry names is read there.
      return held('not-taken', at);
  }
}

/** What all four types have. */
interface Ordered {
  identifier?: { system?: string | undefined; value?: string | undefined; use?: string | undefined }[] | undefined;
  status?: string | undefined;
  intent?: string | undefined;
  doNotPerform?: boolean | undefined;
  subject?: Reference | undefined;
  encounter?: Reference | undefined;
  participant?: { actor?: Reference | undefined }[] | undefined;
}

function readBy<Schema extends z.ZodType<Ordered & { resourceType?: unknown }>>(
  reader: EntryReader<Schema>,
  resource: unknown,
  ground: StayGround,
  at: string,
): Read {
  const modifier = findModifier(resource, at);
  if (modifier !== undefined) return held('modifier-extension', modifier);
  const { data, error } = reader.schema.safeParse(resource);
  if (!data) return held('not-readable', placeOf(at, error?.issues[0]?.path ?? []));
  const type = String(Reflect.get(Object(resource), 'resourceType'));
  const keys = (data.identifier ?? []).flatMap((identifier) => {
    const key = keyOf(identifier);
    return key === undefined ? [] : [`${type} ${key}`];
  });
  const problem = findProblem(reader, data, ground, at);
  if (problem) return held(problem.code, problem.at);
  if (data.status !== undefined && reader.takenBack.includes(data.status))
    return keys.length === 0
      ? held('nothing-to-withdraw', `${at}.status`)
      : { entry: { fate: 'withdrawal', keys }, issues: [{ code: 'taken-back', at: `${at}.status` }], leftOut: [] };
  if (data.status !== undefined && !reader.inForce.includes(data.status)) return held('not-in-force', `${at}.status`);
  const { body, writtenOn, dischargedOn, templates } = ground;
  const read = reader.read(data, { at, entries: body.entry, writtenOn, dischargedOn, templates });
  if ('held' in read) return held(read.held, read.at);
  const leftOut = listLeftOut(resource, understoodWithContained(reader.understood), at);
  if ('plan' in read) return { entry: { fate: 'plan', ...read.plan }, issues: read.issues, leftOut };
  const { order, dose, issues } = read;
  const unnamed: Issue[] = keys.length === 0 ? [{ code: 'no-identifier', at: `${at}.identifier` }] : [];
  return { entry: { fate: 'order', keys, order, dose }, issues: [...issues, ...unnamed], leftOut };
}

/** What is contained is read where it is referred to. */
const understoodWithContained = (understood: Understood): Understood => ({ ...understood, contained: true });

function findProblem<Schema extends z.ZodType>(
  { intents }: EntryReader<Schema>,
  ordered: Ordered,
  { body, encounter }: StayGround,
  at: string,
): { code: HeldReason; at: string } | undefined {
  const { intent, doNotPerform, subject, encounter: ofEncounter, participant = [] } = ordered;
  if (encounter.class.code !== 'IMP' || encounter.status === 'cancelled') return { code: 'not-a-stay', at };
  if (doNotPerform === true) return { code: 'not-to-be-done', at: `${at}.doNotPerform` };
  if (intents.length > 0 && intent !== undefined && !intents.includes(intent)) return { code: 'not-an-order', at: `${at}.intent` };
  const patient = { reference: encounter.subject, from: encounter };
  const isPatient = (reference: Reference) => isSameReferred({ reference, from: ordered }, patient, body.entry);
  if (subject && !isPatient(subject)) return { code: 'another-patient', at: `${at}.subject` };
  const patients = participant.findIndex(({ actor }) => actor?.reference?.startsWith('Patient/') === true && !isPatient(actor));
  if (patients >= 0) return { code: 'another-patient', at: `${at}.participant[${patients}].actor` };
  if (ofEncounter && !isOfEncounter(ofEncounter, { body, encounter })) return { code: 'another-stay', at: `${at}.encounter` };
  return undefined;
}

/** By the fullUrl of the Encounter, its id, or the visit number. */
function isOfEncounter({ reference, identifier }: Reference, { body, encounter }: Pick<StayGround, 'body' | 'encounter'>): boolean {
  const fullUrl = body.entry.find(({ resource }) => resource.resourceType === 'Encounter')?.fullUrl;
  const id: unknown = Reflect.get(encounter, 'id');
  const isReferred = reference === undefined || reference === fullUrl || (typeof id === 'string' && reference === `Encounter/${id}`);
  const key = identifier && keyOf(identifier);
  const isNumbered = key === undefined || encounter.identifier.some((one) => keyOf(one) === key);
  return isReferred && isNumbered && (reference !== undefined || key !== undefined);
}

/** The place of what could turn the meaning of the resource round, at any depth. */
function findModifier(value: unknown, at: string): string | undefined {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      const found = findModifier(each, `${at}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inside] of Object.entries(value)) {
    if (name === 'modifierExtension' || name === 'implicitRules') return `${at}.${name}`;
    const found = findModifier(inside, `${at}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const placeOf = (at: string, path: readonly PropertyKey[]): string =>
  path.reduce<string>((place, part) => (typeof part === 'number' ? `${place}[${part}]` : `${place}.${String(part)}`), at);
