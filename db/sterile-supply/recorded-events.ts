/** Entries of the ledger as they were recorded, in the form that export and trace read. */
import type { Selectable } from 'kysely';
import type { Actor, Reason } from '../../domain/kit/pathway.ts';
import type { RecordedEvent } from '../../domain/sterile-supply/epcis.ts';
import type { SupplyEventTable } from './tables.ts';

export function toRecordedEvent(row: Selectable<SupplyEventTable>): RecordedEvent {
  return {
    id: row.id,
    happenedAt: row.happened_at,
    recordedAt: row.recorded_at,
    late: row.late,
    event: row.event,
    thing: { type: row.thing_type, id: row.thing_id },
    from: row.from_status,
    to: row.to_status,
    holder: row.holder_type === null ? null : { type: row.holder_type, id: row.holder_id as string },
    actor: row.actor as Actor,
    because: row.because as Reason[],
    institutionId: row.institution_id,
    loadId: row.load_id,
    roundId: row.round_id,
    stopId: row.stop_id,
    slipId: row.slip_id,
    scanId: row.scan_id,
    details: row.details as Record<string, unknown>,
  };
}
