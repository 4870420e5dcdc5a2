/**
 * What pathways and shared subjects do in the transactions of others. A pathway joins by an entry under its kind, which the compiler asks for;
 * whoever merges records or resolves an identity review calls these tables and knows none of them.
 */
import type { ErrorCode } from '../../domain/kit/errors.ts';
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { joinCrisisReadings } from '../crisis-reading/join.ts';
import { partCrisisReadings } from '../crisis-reading/part.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import type { HeldFactType } from '../directory/held-facts.ts';
import type { RecordsMerged, RecordsParted } from '../directory/resident-records.ts';
import { answerRefusedEnrolment } from '../discharge/hand-overs.ts';
import { settleStays } from '../discharge/visits/settle-stays.ts';
import { joinFollowUps } from '../follow-up/merged-follow-ups.ts';
import { partFollowUps } from '../follow-up/parted-follow-ups.ts';
import { keepOfRefusedCommand } from '../follow-up/refused-visits.ts';
import { publishOpenEpisodes } from '../readings/episodes.ts';
import { dismissHeldReadings, recordHeldReadings } from '../readings/held.ts';
import { partReadings } from '../readings/part.ts';
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
  discharge: [],
} satisfies Record<PathwayKind, readonly AfterMerger[]>;

const subjectsAfterMerger: readonly AfterMerger[] = [publishOpenEpisodes];

/** Two records have become one: pathways first, then the shared subjects, whose facts go to the pathways that are left. */
export async function applyMerger(trx: Trx, merger: RecordsMerged): Promise<void> {
  for (const apply of [...Object.values(pathwaysAfterMerger).flat(), ...subjectsAfterMerger]) await apply(trx, merger);
}

/** What a pathway is told when the merger is taken back: whose it is, and what else concerns it. By pathway. */
export type ToldOfParting = ReadonlyMap<string, { patientId: string } & Record<string, unknown>>;

/** Those whose pathways have joined others at the merger. A pathway that has only heard of it is told whose it is in any case. */
const pathwaysAfterParting = {
  'follow-up': partFollowUps,
  'crisis-reading': partCrisisReadings,
} satisfies Partial<Record<PathwayKind, (trx: Trx, parting: RecordsParted) => Promise<ToldOfParting>>>;

/** Two records are two residents' again: shared subjects first, then the pathways, whose facts say which subjects they have no more. */
export async function applyParting(trx: Trx, parting: RecordsParted): Promise<ToldOfParting> {
  await partReadings(trx, parting);
  const told = new Map<string, { patientId: string } & Record<string, unknown>>();
  for (const part of Object.values(pathwaysAfterParting))
    for (const [pathwayId, input] of await part(trx, parting)) told.set(pathwayId, { ...input });
  return told;
}

/** The episodes that stand open are told to the pathways that are there by now. */
export const publishSubjectsOf = publishOpenEpisodes;

/** A fact about a resident has taken effect, or their records have parted: what follows from all messages about their stays is made anew. */
export async function settleSubjectsOf(trx: Trx, { survivorId }: { survivorId: string }): Promise<void> {
  await settleStays(trx, survivorId);
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
export const keepersOfRefused: Partial<Record<PathwayKind, KeepOfRefused>> = {
  async 'follow-up'(trx, command, code) {
    await keepOfRefusedCommand(trx, command, code);
    await answerRefusedEnrolment(trx, command, code);
  },
};
