/** The ledger: what happened with each thing. Custody follows from it, in the database. */
import { type RawBuilder, sql } from 'kysely';
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
  if (entries.length > 0) await insertLedger(act, entries).execute(act.trx);
}

/** The same as a statement that may be part of another one. Custody follows once that statement is over. */
export function insertLedger(act: Act, entries: readonly EntryOfItsOwn[]): RawBuilder<unknown> {
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
    actor: entry.actor ?? act.actor,
    because: entry.because ?? [],
    institution_id: entry.institutionId ?? (entry.actor ?? act.actor).institutionId,
    load_id: entry.loadId ?? null,
    round_id: entry.roundId ?? null,
    stop_id: entry.stopId ?? null,
    slip_id: entry.slipId ?? null,
    scan_id: entry.scanId === undefined ? act.scanId : entry.scanId,
    details: entry.details ?? {},
  }));
  return sql`
    insert into supply_event (id, happened_at, late, event, thing_type, thing_id, from_status, to_status, holder_type, holder_id, actor, because,
      institution_id, load_id, round_id, stop_id, slip_id, scan_id, details)
    select entry.* from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) with ordinality as given (value, n),
      jsonb_to_record(value) as entry (id uuid, happened_at timestamptz, late boolean, event text, thing_type text, thing_id text, from_status text,
        to_status text, holder_type text, holder_id text, actor jsonb, because jsonb, institution_id text, load_id uuid, round_id uuid, stop_id uuid,
        slip_id uuid, scan_id uuid, details jsonb)
    order by n`;
}
