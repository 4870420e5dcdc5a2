/** Which commands a state leaves open, and whose side may give them. */
import type { EpisodeCommandName } from './events.ts';
import type { DischargeState } from './state.ts';

const inStay: readonly EpisodeCommandName[] = ['record-plan'];
const afterDischarge: readonly EpisodeCommandName[] = ['record-plan', 'record-contact', 'record-visit', 'reconcile'];

/** The sides that may give each command. */
export const sidesOf: Readonly<Record<EpisodeCommandName, readonly ('hospital' | 'centre')[]>> = {
  'record-plan': ['hospital'],
  'record-contact': ['hospital', 'centre'],
  'record-visit': ['hospital', 'centre'],
  reconcile: ['hospital'],
};

/** In the order in which they are mostly given. */
export function allowedCommands({ status, plan, standing }: DischargeState): EpisodeCommandName[] {
  switch (status) {
    case 'admitted':
      return [...inStay];
    case 'discharged':
      return afterDischarge.filter((name) => name !== 'record-plan' || !plan || standing === null);
    case 'suspended':
    case 'ended':
    case null:
      return [];
  }
}

/** The side on which an institution stands; undefined for any other institution. */
export const sideOf = (
  { hospitalId, centreId }: Pick<DischargeState, 'hospitalId' | 'centreId'>,
  institutionId: string,
): 'hospital' | 'centre' | undefined => (institutionId === hospitalId ? 'hospital' : institutionId === centreId ? 'centre' : undefined);
