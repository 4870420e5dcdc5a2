/** All operations of sign-in. */
import type { Operation } from '../kit/operation.ts';
import { browserSessionOperations } from './browser-sessions.ts';
import { listDemoAccounts } from './demo-accounts.ts';
import { meOperations } from './me.ts';
import { passwordOperations } from './passwords.ts';
import { resetSecondFactor } from './reset-second-factor.ts';
import { secondFactorOperations } from './second-factor.ts';
import { sessionOperations } from './sessions.ts';

export const signInOperations: Operation[] = [
  ...sessionOperations,
  ...browserSessionOperations,
  listDemoAccounts,
  ...meOperations,
  ...passwordOperations,
  ...secondFactorOperations,
  resetSecondFactor,
];
