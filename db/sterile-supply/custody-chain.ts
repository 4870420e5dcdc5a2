/**
 * The hash chain over the custody ledger, as arithmetic: what a link says, and whether a document keeps what its links say. Nothing here reads a
 * database, so that an inspector can run it alone.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JsonObject, JsonValue } from '../../domain/sterile-supply/epcis.ts';

export interface Link {
  seq: number;
  /** The hash of the link before; of the first one: 64 zeros. */
  previous: string;
  /** SHA-256, as lower-case hexadecimal, of the RFC 8785 form of the event with its chain, which has no `hash` then. */
  hash: string;
}

export const firstPrevious = '0'.repeat(64);

const chainMember = 'carepath:chain';
/** Covers what the chain does not: the document's own members, and how many events there are. */
const sealMember = 'carepath:seal';

const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex');

/** The same of what a file says: undefined where it holds what RFC 8785 has no form for, such as a number beyond all numbers, which no link ever covered. */
function findHash(value: unknown): string | undefined {
  try {
    return hashOf(value);
  } catch {
    return undefined;
  }
}

/** The next link behind `previous`, for an event without a chain. */
export function linkEvent(event: JsonObject, seq: number, previous: string): Link {
  return { seq, previous, hash: hashOf({ ...event, [chainMember]: { seq, previous } }) };
}

export const withLink = (event: JsonObject, { seq, previous, hash }: Link): JsonObject => ({
  ...event,
  [chainMember]: { seq, previous, hash },
});

/** The document with its seal. */
export function sealDocument(document: JsonObject, events: number): JsonObject {
  return { ...document, [sealMember]: { events, hash: hashOf({ ...document, [sealMember]: { events } }) } };
}

export type Verification =
  | { whole: true; events: number; first: number | null; last: number | null }
  | {
      whole: false;
      /** The seq of the first broken link; null when the document itself is broken. */
      seq: number | null;
      eventId: string | null;
      flaw: 'not-json' | 'not-a-custody-export' | 'no-chain' | 'hash-differs' | 'previous-differs' | 'seq-differs' | 'seal-differs';
    };

/** Checks a file as `GET /v1/custody-export` gives it, from the first event to the last. */
export function verifyCustody(bytes: Uint8Array): Verification {
  const document = parseJson(bytes);
  if (document === undefined) return { whole: false, seq: null, eventId: null, flaw: 'not-json' };
  const events = eventsOf(document);
  if (!isObject(document) || events === undefined) return { whole: false, seq: null, eventId: null, flaw: 'not-a-custody-export' };
  let before: Link | undefined;
  for (const event of events) {
    const link = isObject(event) ? linkOf(event) : undefined;
    const flaw = !isObject(event) || !link ? 'no-chain' : flawOf(event, link, before);
    if (flaw) {
      const eventId = isObject(event) && typeof event.eventID === 'string' ? event.eventID : null;
      // Where a link is unreadable, or says another number than it must, it is named by its place behind the one before.
      const seq = link && flaw !== 'seq-differs' ? link.seq : before ? before.seq + 1 : (link?.seq ?? null);
      return { whole: false, seq, eventId, flaw };
    }
    before = link;
  }
  if (!keepsSeal(document, events.length)) return { whole: false, seq: null, eventId: null, flaw: 'seal-differs' };
  const first = events[0];
  return { whole: true, events: events.length, first: isObject(first) ? (linkOf(first)?.seq ?? null) : null, last: before?.seq ?? null };
}

function flawOf(event: JsonObject, link: Link, before: Link | undefined) {
  if (before && link.seq !== before.seq + 1) return 'seq-differs';
  if (link.previous !== (before?.hash ?? (link.seq === 1 ? firstPrevious : link.previous))) return 'previous-differs';
  const { [chainMember]: chain, ...unlinked } = event;
  const { hash: _, ...chainWithoutHash } = chain as JsonObject;
  return findHash({ ...unlinked, [chainMember]: chainWithoutHash }) === link.hash ? undefined : 'hash-differs';
}

function keepsSeal(document: JsonObject, events: number): boolean {
  const seal = document[sealMember];
  if (!isObject(seal) || seal.events !== events) return false;
  const { hash, ...unhashed } = seal;
  return typeof hash === 'string' && hash === findHash({ ...document, [sealMember]: unhashed });
}

function parseJson(bytes: Uint8Array): JsonValue | undefined {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

function eventsOf(document: JsonValue): readonly JsonValue[] | undefined {
  const body = isObject(document) ? document.epcisBody : undefined;
  const events = isObject(body) ? body.eventList : undefined;
  return Array.isArray(events) ? events : undefined;
}

function linkOf(event: JsonObject): Link | undefined {
  const chain = event[chainMember];
  if (!isObject(chain)) return undefined;
  const { seq, previous, hash } = chain;
  return Number.isSafeInteger(seq) && typeof previous === 'string' && typeof hash === 'string'
    ? { seq: seq as number, previous, hash }
    : undefined;
}
