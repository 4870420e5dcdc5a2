/** Which centre a question is about, and whether the caller may ask about it. */
import type { Caller } from '../kit/auth.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { sightOf } from './posts.ts';

/** A centre's own people ask about their own; others name it. Throws Problem 404 for a centre out of sight, 422 when none is named. */
export function centreAskedFor(caller: Caller, asked: string | undefined): string {
  const sight = sightOf(caller);
  if (sight.over === 'centre' && (asked === undefined || asked === sight.institutionId)) return sight.institutionId;
  if (sight.over !== 'alliance') throw new Problem('not-found');
  if (asked === undefined) throw invalidRequestProblem('institutionId', { zh: '须指明社康中心', en: 'name the centre' });
  return asked;
}

/** For lists: null is every centre, undefined none at all. Somebody who sees one centre only and asks for another gets nothing. */
export function centresToList(caller: Caller, asked: string | undefined): string | null | undefined {
  const sight = sightOf(caller);
  if (sight.over === 'alliance') return asked ?? null;
  return sight.over === 'centre' && (asked === undefined || asked === sight.institutionId) ? sight.institutionId : undefined;
}
