/** A decision as it is stored: of each field what has changed in it, and no reason twice. `evolve` gives the same state as from the whole one. */
import { type Change, findChange, isSameJson } from './changes.ts';
import { isNamed } from './documents.ts';
import { type Decision, type NamedReasons, type Reason, reasonsOf } from './pathway.ts';

/** Both the state before and the decision are in short form, so that a document is never looked into. */
export function toStoredDecision<State extends object>(before: State, decision: Decision<State>): Decision<State> {
  const set: Record<string, unknown> = {};
  const within: Record<string, Change> = {};
  const reasons = reasonsOf(decision.entries);
  for (const [field, value] of Object.entries(decision.set)) {
    const known = before[field as keyof State];
    if (isSameJson(known, value)) continue;
    const named = nameReasons(value, reasons);
    const change = findChange(known, named, isAtom);
    if (change) within[field] = change;
    else set[field] = named;
  }
  return { ...decision, set: set as Partial<State>, within };
}

const isNamedReasons = (value: unknown): value is NamedReasons =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, '$reasons');

const isAtom = (value: unknown): boolean => isNamed(value) || isNamedReasons(value);

function nameReasons(value: unknown, reasons: readonly Reason[]): unknown {
  if (Array.isArray(value)) {
    const from = reasons.findIndex((_, place) => isSameJson(reasons.slice(place, place + value.length), value));
    if (value.length > 0 && from >= 0) return { $reasons: [from, from + value.length] } satisfies NamedReasons;
    return value.map((item) => nameReasons(item, reasons));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, nameReasons(member, reasons)]));
}
