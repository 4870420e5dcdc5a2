/** Identity checks as they are read. */
import { sql } from 'kysely';
import type { IdentityCheckKind } from '../../domain/identity-check/events.ts';
import type { Database } from '../kit/database.ts';

export interface IdentityCheck {
  id: string;
  kind: IdentityCheckKind;
  patientId: string;
  mergerId: string | null;
  /** Who has asked. */
  openedBy: string;
  /** Of a reported death: the kind of the latest value that was measured after it, which speaks against it; null where there is none. */
  measuredKind: string | null;
  measuredAt: Date | null;
}

/** A death whose date nobody knew is taken to have happened before it was reported. */
export async function listChecks(db: Database, ids: readonly string[]): Promise<IdentityCheck[]> {
  const { rows } = await sql<IdentityCheck>`
    select identity_check.id, identity_check.kind, identity_check.patient_id as "patientId", merger_id as "mergerId",
      opened_by ->> 'personId' as "openedBy", measured.kind as "measuredKind", measured.measured_at as "measuredAt"
    from identity_check left join lateral (
      select reading.kind, reading.measured_at
      from records_of_resident(identity_check.patient_id) as record join reading on reading.patient_id = record.id
      where identity_check.kind = 'death' and reading.status = 'recorded'
        and reading.measured_at >= coalesce((stated_on + 1)::timestamp at time zone 'Asia/Shanghai', opened_at)
      order by reading.measured_at desc limit 1
    ) as measured on true
    where identity_check.id = any(${[...ids]}::uuid[])`.execute(db);
  return rows;
}
