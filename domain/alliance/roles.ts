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
