/** Which centres a list is of, as far as the caller sees. */
import type { Caller } from '../kit/auth.ts';
import { sightOf } from './posts.ts';

/** Null is every centre, undefined none at all. Somebody who sees one centre only and asks for another gets nothing. */
export function centresToList(caller: Caller, asked: string | undefined): string | null | undefined {
  const sight = sightOf(caller);
  if (sight.over === 'alliance') return asked ?? null;
  return sight.over === 'centre' && (asked === undefined || asked === sight.institutionId) ? sight.institutionId : undefined;
}
