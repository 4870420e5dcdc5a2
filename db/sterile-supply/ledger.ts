/** The ledger: what happened with each thing. Custody follows from it, in the database. */
import { v7 as uuid } from 'uuid';
import type { Reason } from '../../domain/kit/pathway.ts';
import type { Holder, ThingType } from '../../domain/sterile-supply/vocabulary.ts';
import type { Act } from './act.ts';

export interface LedgerEntry {
  thing: { type: ThingType; id: string };
  /** The name of the act in lower case with hyphens, in the past or as the machine names it: `soiled-stowed`, `sterile-handed`. */
  event: string;
  from?: string | null;
  to?: string | null;
  /** Where the thing is from then on; left out when the act says nothing of it. */
  holder?: Holder | undefined;
  because?: readonly Reason[];
  /** The institution at which it happened; the actor's when it is left out. */
  institutionId?: string | undefined;
  loadId?: string | null | undefined;
  roundId?: string | null | undefined;
  stopId?: string | null | undefined;
  slipId?: string | null | undefined;
  /** Ids and codes of what else took part. */
  details?: Record<string, unknown>;
}

/** What an entry has of its own where it is not the act's: scans that arrive together happened at different times, and different people sent them. */
export type EntryOfItsOwn = LedgerEntry & Partial<Pick<Act, 'happenedAt' | 'late' | 'scanId' | 'actor'>>;

/** Appends the entries of one act, one for each thing, in one statement. Entries of other moments than the act's bring their own. */
export async function appendLedger(act: Act, entries: readonly EntryOfItsOwn[]): Promise<void> {
  if (entries.length === 0) return;
  const { trx } = act;
  const rows = entries.map((entry) => ({
    id: uuid(),
    happened_at: entry.happenedAt ?? act.happenedAt,
    late: entry.late ?? act.late,
    event: entry.event,
    thing_type: entry.thing.type,
    thing_id: entry.thing.id,
    from_status: entry.from ?? null,
    to_status: entry.to ?? null,
    holder_type: entry.holder?.type ?? null,
    holder_id: entry.holder?.id ?? null,
    actor: JSON.stringify(entry.actor ?? act.actor),
    because: JSON.stringify(entry.because ?? []),
    institution_id: entry.institutionId ?? (entry.actor ?? act.actor).institutionId,
    load_id: entry.loadId ?? null,
    round_id: entry.roundId ?? null,
    stop_id: entry.stopId ?? null,
    slip_id: entry.slipId ?? null,
    scan_id: entry.scanId === undefined ? act.scanId : entry.scanId,
    details: JSON.stringify(entry.details ?? {}),
  }));
  await trx.insertInto('supply_event').values(rows).execute();
}
