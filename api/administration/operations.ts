/** All that administrators do over HTTP. */
import type { Operation } from '../kit/operation.ts';
import { activationOperations } from './activations.ts';
import { configurationOperations } from './configurations.ts';
import { departmentOperations } from './departments.ts';
import { importOperations } from './imports/routes.ts';
import { institutionOperations } from './institutions.ts';
import { staffOperations } from './staff.ts';
import { teamOperations } from './teams.ts';

export const administrationOperations: Operation[] = [
  ...institutionOperations,
  ...departmentOperations,
  ...teamOperations,
  ...staffOperations,
  ...activationOperations,
  ...importOperations,
  ...configurationOperations,
];
