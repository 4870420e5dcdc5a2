/** The state of an identity check: what its deadline needs. What was said and decided stands in the tables. */
import type { TaskAbout } from '../kit/pathway.ts';
import type { SlaClock } from '../time/sla-clock.ts';
import type { IdentityCheckKind } from './events.ts';

export interface IdentityCheckState {
  /** It is null before the creation. */
  status: 'open' | 'decided' | null;
  kind: IdentityCheckKind;
  patientId: string;
  institutionId: string;
  role: 'gp' | 'head';
  /** Null once the question has been answered. */
  clock: SlaClock | null;
  about: TaskAbout;
}

export const initialIdentityCheckState: IdentityCheckState = {
  status: null,
  kind: 'death',
  patientId: '',
  institutionId: '',
  role: 'gp',
  clock: null,
  about: {},
};
