/** Alerts of sterile supply: keyed by name, subject and threshold, raised once while their cause lasts, cleared with it. */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Trx } from '../kit/transaction.ts';

export interface AlertKey {
  /** In lower case with hyphens: `expiry`, `stop-use`. */
  name: string;
  subject: { type: string; id: string };
  /** What tells apart several alerts of one name about one subject, such as the days that are left. */
  threshold: string;
}

export interface NewAlert extends AlertKey {
  /** The centre that it concerns; null: the supply department alone. */
  institutionId: string | null;
  raisedAt: Date;
}

/** One statement. An alert that stands already is left as it is. */
export async function raiseAlerts(trx: Trx, alerts: readonly NewAlert[]): Promise<void> {
  if (alerts.length > 0) await insertAlerts(alerts).execute(trx);
}

/** The same as a statement that may be part of another one. `after`: the part that clears alerts of the same keys, with rows to give, which comes first. */
export function insertAlerts(alerts: readonly NewAlert[], after: RawBuilder<unknown> = sql`(select)`): RawBuilder<unknown> {
  const rows = alerts.map(({ name, subject, threshold, institutionId, raisedAt }) => ({
    id: uuid(),
    name,
    subject_type: subject.type,
    subject_id: subject.id,
    threshold,
    institution_id: institutionId,
    raised_at: raisedAt.toISOString(),
  }));
  return sql`
    insert into supply_alert (id, name, subject_type, subject_id, threshold, institution_id, raised_at)
    select id, name, subject_type, subject_id, threshold, institution_id, raised_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as given (id uuid, name text, subject_type text, subject_id text, threshold text, institution_id text, raised_at timestamptz),
      (select count(*) from ${after} as earlier) as waited
    on conflict (name, subject_type, subject_id, threshold) where cleared_at is null do nothing`;
}

type AlertsToClear = readonly (Omit<AlertKey, 'threshold'> & { threshold?: string })[];

/** One statement. Without a threshold all alerts of that name about the subject are cleared. */
export async function clearAlerts(trx: Trx, alerts: AlertsToClear, clearedAt: Date): Promise<void> {
  if (alerts.length > 0) await updateClearedAlerts(alerts, clearedAt).execute(trx);
}

/** The same as a statement that may be part of another one. */
export function updateClearedAlerts(alerts: AlertsToClear, clearedAt: Date): RawBuilder<unknown> {
  const rows = alerts.map(({ name, subject, threshold }) => ({
    name,
    subject_type: subject.type,
    subject_id: subject.id,
    threshold: threshold ?? null,
  }));
  return sql`
    update supply_alert as alert set cleared_at = greatest(${clearedAt}::timestamptz, raised_at)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (name text, subject_type text, subject_id text, threshold text)
    where alert.cleared_at is null and alert.name = given.name and alert.subject_type = given.subject_type and alert.subject_id = given.subject_id
      and (given.threshold is null or alert.threshold = given.threshold)`;
}
