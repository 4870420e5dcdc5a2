/** The state of a pathway as people read it: instants and durations as everywhere else in the API, and of the documents that it goes by only which they are. */
import { findDecider } from '../../domain/kit/registry.ts';

/** Milliseconds from here on are an instant of after 2001; no duration and no count of a state is as large. */
const FIRST_INSTANT_MS = 1_000_000_000_000;

/** Returns the same tree with instants in RFC 3339, `…Ms` as `…Seconds`, and each document as its `id` and `version`. */
export function readableState(kind: string, state: unknown): Record<string, unknown> | null {
  if (typeof state !== 'object' || state === null) return null;
  const documents: readonly string[] = findDecider(kind)?.documents ?? [];
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) =>
      documents.includes(name) ? [name, identityOf(value)] : [readableName(name, value), readable(name, value)],
    ),
  );
}

const isDuration = (name: string, value: unknown): value is number => name.endsWith('Ms') && typeof value === 'number';

const readableName = (name: string, value: unknown): string => (isDuration(name, value) ? name.replace(/Ms$/, 'Seconds') : name);

function readable(name: string, value: unknown): unknown {
  if (isDuration(name, value)) return value / 1_000;
  if (typeof value === 'number') return value >= FIRST_INSTANT_MS ? new Date(value).toISOString() : value;
  if (Array.isArray(value)) return value.map((one) => readable(name, one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([member, inner]) => [readableName(member, inner), readable(member, inner)]));
}

/** Of one document or several. */
function identityOf(document: unknown): unknown {
  if (Array.isArray(document)) return document.map(identityOf);
  if (typeof document !== 'object' || document === null) return document;
  const { id, version } = document as { id?: unknown; version?: unknown };
  return { ...(id === undefined ? {} : { id }), ...(version === undefined ? {} : { version }) };
}
