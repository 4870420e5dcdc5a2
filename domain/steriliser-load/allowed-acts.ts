/** What may be done with a load in each of its states. */
import type { LoadStatus } from '../sterile-supply/vocabulary.ts';

export const loadActs = ['packs', 'labels', 'start', 'end', 'abort', 'unload', 'release', 'reject', 'review', 'emergency-release'] as const;
export type LoadAct = (typeof loadActs)[number];

export interface LoadStanding {
  status: LoadStatus;
  purpose: 'packs' | 'requalification';
  unloaded: boolean;
}

export function allowedLoadActs({ status, purpose, unloaded }: LoadStanding): LoadAct[] {
  switch (status) {
    case 'planned':
      return ['packs', 'labels', 'start'];
    case 'running':
      return ['end', 'abort'];
    case 'ended':
      if (purpose === 'requalification') return ['reject'];
      return unloaded ? ['release', 'reject', 'review'] : ['unload', 'reject'];
    case 'quarantined':
      return ['reject', 'review', 'emergency-release'];
    case 'released':
    case 'released-early':
    case 'confirmed':
    case 'rejected':
    case 'failed':
      return [];
  }
}
