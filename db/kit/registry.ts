/**
 * What pathways and shared subjects do in the transactions of others. A pathway joins by an entry under its kind, which the compiler asks for;
 * whoever merges records or resolves an identity review calls these tables and knows none of them.
 */
import type { ErrorCode } from '../../domain/kit/errors.ts';
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { joinCrisisReadings } from '../crisis-reading/join.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import type { HeldFactType } from '../directory/held-facts.ts';
import type { RecordsMerged } from '../directory/resident-records.ts';
import { joinFollowUps } from '../follow-up/merged-follow-ups.ts';
import { keepOfRefusedCommand } from '../follow-up/refused-visits.ts';
import { publishOpenEpisodes } from '../readings/episodes.ts';
import { dismissHeldReadings, recordHeldReadings } from '../readings/held.ts';
import type { RefusedCommand } from './commands.ts';
import type { Trx } from './transaction.ts';

type AfterMerger = (trx: Trx, merger: RecordsMerged) => Promise<void>;

const pathwaysAfterMerger = {
  referral: [],
  'follow-up': [joinFollowUps],
  'exchange-slip': [],
  'supply-round': [],
  'steriliser-load': [],
  recall: [],
  discrepancy: [],
  'crisis-reading': [joinCrisisReadings],
  'identity-check': [],
} satisfies Record<PathwayKind, readonly AfterMerger[]>;

const subjectsAfterMerger: readonly AfterMerger[] = [publishOpenEpisodes];

/** Two records have become one: pathways first, then the shared subjects, whose facts go to the pathways that are left. */
export async function applyMerger(trx: Trx, merger: RecordsMerged): Promise<void> {
  for (const apply of [...Object.values(pathwaysAfterMerger).flat(), ...subjectsAfterMerger]) await apply(trx, merger);
}

/** What a subject keeps back while a fact is under identity review, and what happens to it when the review ends. */
interface Waiting {
  /** It is known by now whom the fact means. */
  record(trx: Trx, factId: string, survivorId: string, resolved: { now: Date; by: RecordedBy }): Promise<void>;
  /** Called when the review finds that the fact means no patient of the alliance. */
  dismiss(trx: Trx, factId: string): Promise<void>;
}

export const waitingBehindFact: Partial<Record<HeldFactType, Waiting>> = {
  'readings-held': { record: recordHeldReadings, dismiss: dismissHeldReadings },
};

/** What a pathway keeps of a command that it refuses, because it matters whatever else was wrong with the command. */
type KeepOfRefused = (trx: Trx, command: RefusedCommand, code: ErrorCode) => Promise<void>;

/** Called in the transaction of the refusal. */
export const keepersOfRefused: Partial<Record<PathwayKind, KeepOfRefused>> = { 'follow-up': keepOfRefusedCommand };
