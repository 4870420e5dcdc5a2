/**
 * An entry of the custody ledger as an event of EPCIS 2.0 (GS1). Business steps and dispositions are those of the CBV 2.0 where it has one, else a URI
 * of our own. The form is sealed by a hash: what an entry gives today it must give for ever, so a changed line here breaks seals that stand.
 */
import type { Actor, Reason } from '../kit/pathway.ts';
import type { Holder, ThingType } from './vocabulary.ts';

/** An entry of the ledger as it was recorded. */
export interface RecordedEvent {
  id: string;
  happenedAt: Date;
  recordedAt: Date;
  late: boolean;
  event: string;
  thing: { type: ThingType; id: string };
  from: string | null;
  to: string | null;
  holder: Holder | null;
  actor: Actor;
  because: readonly Reason[];
  institutionId: string;
  loadId: string | null;
  roundId: string | null;
  stopId: string | null;
  slipId: string | null;
  scanId: string | null;
  details: Readonly<Record<string, unknown>>;
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** What the names of our own begin with. The document's context gives `carepath:` the same meaning. */
const carepathNamespace = 'urn:carepath:';

export const epcisContext: JsonValue = [
  'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
  { carepath: `${carepathNamespace}ns:` },
];

/** CBV 2.0, 7.1. */
const businessSteps: Readonly<Record<string, string>> = {
  registered: 'commissioning',
  retired: 'decommissioning',
  assembled: 'packing',
  'label-printed': 'encoding',
  checked: 'inspecting',
  inspected: 'inspecting',
  repaired: 'repairing',
  allocated: 'reserving',
  consigned: 'loading',
  'loading-completed': 'staging_outbound',
  departed: 'departing',
  arrived: 'arriving',
  returned: 'arriving',
  'soiled-stowed': 'collecting',
  'sterile-handed': 'accepting',
  'handed-over': 'receiving',
  received: 'receiving',
  accepted: 'inspecting',
  'returned-unopened': 'collecting',
  'recall-retrieved': 'receiving',
  counted: 'receiving',
  'taken-off': 'unloading',
  transferred: 'loading',
  restocked: 'stocking',
  opened: 'unpacking',
  'broken-out': 'unpacking',
};

/** CBV 2.0, 7.2, by what the thing became. */
const dispositions: Partial<Record<ThingType, Readonly<Record<string, string>>>> = {
  pack: {
    assembled: 'in_progress',
    checked: 'in_progress',
    // What a pack of a planned load was called; events that were sealed so keep their hash.
    planned: 'in_progress',
    'in-load': 'in_progress',
    sterilised: 'in_progress',
    released: 'conformant',
    allocated: 'reserved',
    'on-vehicle': 'in_transit',
    'at-centre': 'available',
    opened: 'container_open',
    rejected: 'non_conformant',
    ended: 'inactive',
  },
  'set-instance': {
    'in-transit-soiled': 'in_transit',
    'in-decon': 'in_progress',
    washed: 'in_progress',
    inspected: 'completeness_verified',
    'incomplete-hold': 'mismatch_quantity',
    repair: 'damaged',
    packed: 'container_closed',
    missing: 'unknown',
    retired: 'inactive',
  },
};

/** States after which there is no such thing any more. */
const endStates: readonly string[] = ['ended', 'retired'];

/** Things that one can hold; the others are places and runs, which an event happens at or belongs to. */
const physicalThings: readonly ThingType[] = ['set-instance', 'pack', 'transport-box', 'vehicle', 'washer', 'steriliser'];

const uriOf = (type: string, id: string): string => `${carepathNamespace}${type}:${encodeURIComponent(id)}`;

/** The event of the entry, without the chain. */
export function toEpcisEvent(entry: RecordedEvent): JsonObject {
  const { thing, from, to, holder, event } = entry;
  const disposition = to === null ? undefined : (dispositions[thing.type]?.[to] ?? uriOf('status', to));
  return {
    type: 'ObjectEvent',
    eventID: `urn:uuid:${entry.id}`,
    eventTime: entry.happenedAt.toISOString(),
    recordTime: entry.recordedAt.toISOString(),
    eventTimeZoneOffset: '+08:00',
    action: from === null && to !== null ? 'ADD' : endStates.includes(to ?? '') ? 'DELETE' : 'OBSERVE',
    bizStep: businessSteps[event] ?? uriOf('step', event),
    ...(disposition === undefined ? {} : { disposition }),
    epcList: physicalThings.includes(thing.type) ? [uriOf(thing.type, thing.id)] : [],
    readPoint: { id: uriOf('institution', entry.institutionId) },
    ...(holder === null ? {} : { bizLocation: { id: uriOf(holder.type === 'round' ? 'round' : 'institution', holder.id) } }),
    bizTransactionList: transactionsOf(entry),
    'carepath:event': event,
    'carepath:thing': { type: thing.type, id: thing.id },
    ...(from === null ? {} : { 'carepath:from': from }),
    ...(to === null ? {} : { 'carepath:to': to }),
    ...(holder === null ? {} : { 'carepath:holder': { type: holder.type, id: holder.id } }),
    'carepath:late': entry.late,
    'carepath:actor': { personId: entry.actor.personId, institutionId: entry.actor.institutionId, role: entry.actor.role },
    'carepath:because': withoutPatients(entry.because),
    ...(entry.scanId === null ? {} : { 'carepath:scan': entry.scanId }),
    'carepath:details': withoutPatients(entry.details),
  };
}

function transactionsOf({ thing, loadId, roundId, stopId, slipId }: RecordedEvent): JsonValue[] {
  const ids: [string, string | null][] = [
    ['load', loadId],
    ['round', roundId],
    ['stop', stopId],
    ['slip', slipId],
  ];
  const all = physicalThings.includes(thing.type) ? ids : [...ids.filter(([type]) => type !== thing.type), [thing.type, thing.id] as const];
  return all.flatMap(([type, id]) => (id === null ? [] : [{ type: uriOf('transaction', type), bizTransaction: uriOf(type, id) }]));
}

/** Patient references are personal data and stay out of every export, whoever wrote them where. */
function withoutPatients(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(withoutPatients);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !/^patient/i.test(name))
        .map(([name, member]) => [name, withoutPatients(member)]),
    );
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
