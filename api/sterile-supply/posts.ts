/** The posts of sterile supply as the machine abbreviates them, and what each may see. */
import type { Role } from '../../domain/alliance/roles.ts';
import type { SupplySight } from '../../domain/sterile-supply/sight.ts';
import type { Caller } from '../kit/auth.ts';
import type { Rule } from '../kit/rule.ts';

export type { SupplySight };

/** n: centre staff, k: courier, v: driver, d: dispatcher, t: technician, c: checker, r: releaser, h: head nurse, i: infection control. */
const rolesOf = {
  n: ['nurse', 'gp', 'head'],
  k: ['courier'],
  v: ['driver'],
  d: ['dispatcher'],
  t: ['technician'],
  c: ['checker'],
  r: ['releaser'],
  h: ['headnurse'],
  i: ['infection'],
} as const satisfies Record<string, readonly Role[]>;

export type Post = keyof typeof rolesOf;

/** The roles of some posts. The head nurse may do what technicians, releasers, checkers and dispatchers may. */
export function rolesOfPosts(...posts: readonly Post[]): Role[] {
  const headNurseToo = posts.some((post) => ['t', 'r', 'c', 'd'].includes(post)) && !posts.includes('h');
  return [...posts, ...(headNurseToo ? (['h'] as const) : [])].flatMap((post) => rolesOf[post]);
}

/** Posts of the supply department and those who answer for it see the whole of it. */
export const seeingAll: readonly Role[] = [
  'dispatcher',
  'technician',
  'checker',
  'releaser',
  'headnurse',
  'infection',
  'office',
  'auditor',
];

export const everyPost: readonly Role[] = [...rolesOfPosts('n', 'k', 'v'), ...seeingAll];

/** A line of the policy: these posts may, and what they see is their centre's, their rounds' or everything. */
export const forPosts = (...posts: readonly Post[]): Rule => ({
  roles: rolesOfPosts(...posts),
  relation: 'institution',
  everywhere: seeingAll,
});

export const forReaders: Rule = { roles: everyPost, relation: 'institution', everywhere: seeingAll };

/** The catalogue is everybody's who has to do with sterile supply; for all others its things are not there. */
export const seesCatalogue = ({ roles }: Pick<Caller, 'roles'>): boolean => everyPost.some((role) => roles.includes(role));

export function sightOf({ roles, institutionId, personId }: Caller): SupplySight {
  if (seeingAll.some((role) => roles.includes(role))) return { over: 'alliance' };
  if (rolesOf.k.some((role) => roles.includes(role)) || rolesOf.v.some((role) => roles.includes(role))) return { over: 'rounds', personId };
  return rolesOf.n.some((role) => roles.includes(role)) ? { over: 'centre', institutionId } : { over: 'nothing' };
}

export const holdsPost = ({ roles }: Caller, ...posts: readonly Post[]): boolean =>
  rolesOfPosts(...posts).some((role) => roles.includes(role));
