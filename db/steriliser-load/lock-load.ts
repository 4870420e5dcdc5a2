/** A load and its steriliser, locked for an act, and what an act on a load writes beside its row. */
import { v7 as uuid } from 'uuid';
import type { Refusal } from '../../domain/kit/pathway.ts';
import type { LoadStatus, PackStatus, Program } from '../../domain/sterile-supply/vocabulary.ts';
import type { SteriliserLoadFactEvent, SteriliserLoadFactInput } from '../../domain/steriliser-load/events.ts';
import type { SteriliserStatus } from '../../domain/steriliser-load/steriliser.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { PathwayFactToPublish } from '../kit/pathway-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { type Act, ActRefused } from '../sterile-supply/act.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';

export interface LockedLoad {
  id: string;
  number: string;
  status: LoadStatus;
  purpose: 'packs' | 'requalification';
  program: Program;
  operatorId: string | null;
  startedAt: Date | null;
  endedAt: Date | null;
  endedBy: string | null;
  physical: 'pass' | 'fail' | null;
  unloadedAt: Date | null;
  unloadedBy: string | null;
  reviewedBy: string | null;
  releasedAt: Date | null;
  rejectedAt: Date | null;
  emergency: { packIds: string[]; at: string } | null;
  steriliser: { id: string; kind: 'prevacuum' | 'gravity'; status: SteriliserStatus; qualifiedAt: Date | null };
}

/** Locks the steriliser first and then the load, as every act does that needs both. Throws when there is no such load. */
export async function lockLoad(trx: Trx, id: string): Promise<LockedLoad> {
  const row = await selectLoads(trx)
    .where('steriliser_load.id', '=', id)
    .forUpdate(['steriliser', 'steriliser_load'])
    .executeTakeFirstOrThrow();
  return toLockedLoad(row);
}

/** The loads with their sterilisers, for whoever locks more with them. */
export const selectLoads = (trx: Trx) =>
  trx
    .selectFrom('steriliser_load')
    .innerJoin('steriliser', 'steriliser.id', 'steriliser_load.steriliser_id')
    .select([
      'steriliser_load.id',
      'number',
      'steriliser_load.status',
      'purpose',
      'program',
      'operator_id as operatorId',
      'started_at as startedAt',
      'ended_at as endedAt',
      'ended_by as endedBy',
      'physical',
      'unloaded_at as unloadedAt',
      'unloaded_by as unloadedBy',
      'reviewed_by as reviewedBy',
      'released_at as releasedAt',
      'rejected_at as rejectedAt',
      'emergency',
      'steriliser.id as steriliserId',
      'steriliser.kind as steriliserKind',
      'steriliser.status as steriliserStatus',
      'qualified_at as qualifiedAt',
    ]);

type LoadRow = Omit<LockedLoad, 'emergency' | 'steriliser'> & {
  emergency: unknown;
  steriliserId: string;
  steriliserKind: LockedLoad['steriliser']['kind'];
  steriliserStatus: SteriliserStatus;
  qualifiedAt: Date | null;
};

export const toLockedLoad = ({ steriliserId, steriliserKind, steriliserStatus, qualifiedAt, emergency, ...load }: LoadRow): LockedLoad => ({
  ...load,
  emergency: emergency as LockedLoad['emergency'],
  steriliser: { id: steriliserId, kind: steriliserKind, status: steriliserStatus, qualifiedAt },
});

/** Whoever started, ended and unloaded the load: none of them releases it. */
export const handlersOf = ({ operatorId, endedBy, unloadedBy }: LockedLoad): (string | null)[] => [operatorId, endedBy, unloadedBy];

/** What an act did to packs of a load, for the ledger. */
export interface MovedPack {
  id: string;
  from: PackStatus;
  to: PackStatus;
}

/** The entries of an act: of the load, and of each pack that it moved. */
export const entriesOf = (
  load: { id: string },
  event: string,
  { from, to, packs, details }: { from: LoadStatus; to: LoadStatus; packs: readonly MovedPack[]; details?: Record<string, unknown> },
): LedgerEntry[] => [
  { thing: { type: 'load', id: load.id }, event, from, to, loadId: load.id, ...(details ? { details } : {}) },
  ...packs.map((pack) => ({ thing: { type: 'pack' as const, id: pack.id }, event, from: pack.from, to: pack.to, loadId: load.id })),
];

type FactName = SteriliserLoadFactEvent['name'];

/** Tells the load's pathway of an act. */
export async function tellLoad<Name extends FactName>(
  { trx, actor, happenedAt }: Act,
  loadId: string,
  name: Name,
  input: SteriliserLoadFactInput<Name>,
): Promise<void> {
  const fact: PathwayFactToPublish = {
    type: name,
    pathwayId: loadId,
    messageId: `${loadId}:${name}:${uuid()}`,
    institutionId: actor.institutionId,
    occurredAt: happenedAt,
    input: { ...input },
  };
  return publishFactsToEachPathway(trx, [fact]);
}

/** What a rule of the domain refuses, as the act is refused. */
export const toActRefused = ({ code, state, allowed, members }: Refusal): ActRefused =>
  new ActRefused(code, { ...(state === undefined ? {} : { state }), ...(allowed === undefined ? {} : { allowed }), ...members });
