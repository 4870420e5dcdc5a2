/** The roles that a post can have in the alliance. */
export const roles = [
  'gp',
  'specialist',
  'desk',
  'head',
  'office',
  'nurse',
  'pharmacist',
  'courier',
  'driver',
  'technician',
  'checker',
  'releaser',
  'headnurse',
  'infection',
  'dispatcher',
  'sysadmin',
  'secadmin',
  'auditor',
  'gateway',
] as const;
export type Role = (typeof roles)[number];

/** The roles that may send a referral: by the API's policy, and out of a visit of follow-up. */
export const referringRoles: readonly Role[] = ['gp', 'specialist', 'desk', 'head'];
