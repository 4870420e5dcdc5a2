/** All operations of sign-in. */
import type { Operation } from '../kit/operation.ts';
import { meOperations } from './me.ts';
import { passwordOperations } from './passwords.ts';
import { sessionOperations } from './sessions.ts';

export const signInOperations: Operation[] = [...sessionOperations, ...meOperations, ...passwordOperations];
