/** The events of a load: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';
import type { LoadStatus } from '../sterile-supply/vocabulary.ts';
import type { LoadTimers } from './state.ts';

/** The input of the creating command. Instants are in milliseconds. */
export interface StartSteriliserLoad {
  loadId: string;
  /** The supply department, whose people work on it. */
  institutionId: string;
  /** Where infection control sits. */
  infectionInstitutionId: string;
  purpose: 'packs' | 'requalification';
  startedAt: number;
  /** How long the program takes at its temperature. */
  programSeconds: number;
  timers: LoadTimers;
  /** Its biological indicators. */
  indicatorIds: string[];
  /** A question about a load that was over already. It lives until somebody has answered it. */
  inquiry?: LoadInquiry;
}

export interface LoadInquiry {
  loadStatus: LoadStatus;
  /** The pack whose inner indicator failed, for somebody to review; null: infection control decides on the whole load. */
  packId: string | null;
  /** Since when somebody waits for the answer. */
  since: number;
}

interface CommandInputs {
  start: StartSteriliserLoad;
  /** Infection control has decided whether what was used of the load is recalled. */
  'decide-recall': { recall: boolean };
  /** The releaser has looked into a pack whose inner indicator failed. */
  'review-pack': { packId: string };
}

/** `occurredAt` is when it happened, as whoever did it says: the clocks of a load go by it. `loadStatus` is what the load is since then. */
interface Occurred {
  occurredAt: number;
  loadStatus: LoadStatus;
}

interface Read extends Occurred {
  indicatorId: string;
  /** Packs of the load are used already and the reading takes back its release, so infection control decides. */
  usedPacks: boolean;
}

interface FactInputs {
  'load-ended': Occurred;
  'load-aborted': Occurred;
  'load-unloaded': Occurred;
  'load-reviewed': Occurred;
  'load-released': Occurred;
  'load-released-early': Occurred;
  'load-rejected': Occurred;
  'bi-incubated': Occurred & { indicatorId: string; dueAt: number };
  'bi-read': Read;
  'bi-corrected': Read;
  /** Packs of the load showed a failed indicator inside: one has to be reviewed, several have to be decided on. */
  'inner-ci-failed': Occurred & { packId: string; decide: boolean };
  /** A recall of the load was opened otherwise. */
  'load-recalled': Occurred;
}

export const steriliserLoadEvents = {
  commands: ['start', 'decide-recall', 'review-pack'],
  facts: [
    'load-ended',
    'load-aborted',
    'load-unloaded',
    'load-reviewed',
    'load-released',
    'load-released-early',
    'load-rejected',
    'bi-incubated',
    'bi-read',
    'bi-corrected',
    'inner-ci-failed',
    'load-recalled',
  ],
  dues: ['rung'],
} as const satisfies EventNames;

type FactName = (typeof steriliserLoadEvents.facts)[number];

export type SteriliserLoadFactEvent = FactEvent<Pick<FactInputs, FactName>>;
export type SteriliserLoadFactInput<Name extends FactName> = Omit<FactInputs[Name], 'occurredAt'>;
export type SteriliserLoadEvent =
  | CommandEvent<Pick<CommandInputs, (typeof steriliserLoadEvents.commands)[number]>>
  | SteriliserLoadFactEvent
  | DueEvent<(typeof steriliserLoadEvents.dues)[number]>;

/** The lines of the timeline are named after the act, as its address is. */
export const lineOfFact = {
  'load-ended': 'end',
  'load-aborted': 'abort',
  'load-unloaded': 'unload',
  'load-reviewed': 'review',
  'load-released': 'release',
  'load-released-early': 'emergency-release',
  'load-rejected': 'reject',
  'bi-incubated': 'incubate',
  'bi-read': 'read',
  'bi-corrected': 'correct',
  'inner-ci-failed': 'inner-ci-failed',
  'load-recalled': 'load-recalled',
} as const satisfies Record<FactName, string>;

export const isSteriliserLoadEvent = (event: PathwayEvent): event is SteriliserLoadEvent => isKnownEvent(event, steriliserLoadEvents);
