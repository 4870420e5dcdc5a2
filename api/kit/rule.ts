/** A line of the policy: operation × role × relation. */
import type { Role } from '../../domain/alliance/roles.ts';

/**
 * Which objects an operation shows its caller at all. What a caller does not see answers 404, what is seen and may not be done 403.
 * own: the caller's own. institution: what belongs to the caller's institution. register: residents of the caller's centre and what is known of
 * them; a hospital has the alliance's register. party: a side of the referral, past or present. alliance: everybody of the alliance may know of it,
 * or there is no object at all. Each line says it in so many words, so that nothing is open to all by oversight.
 */
export type Relation = 'own' | 'institution' | 'register' | 'party' | 'alliance';

export interface Rule {
  roles: readonly Role[] | 'public' | 'everyone';
  relation: Relation;
  /** Roles that see the objects of the whole alliance all the same, even where they may not do this to them. */
  everywhere?: readonly Role[];
}

export type Policy = Readonly<Record<string, Rule>>;

// Groups of roles that many lines name.
export const clinicians: readonly Role[] = ['gp', 'nurse', 'specialist', 'desk', 'head'];
export const readers: readonly Role[] = [...clinicians, 'pharmacist'];
/** Who works with sterile goods outside of the centres. */
export const supplyPosts: readonly Role[] = [
  'courier',
  'driver',
  'dispatcher',
  'technician',
  'checker',
  'releaser',
  'headnurse',
  'infection',
];
export const inspectors: readonly Role[] = ['sysadmin', 'auditor'];
