/** Alerts as they are read. */
import { sql } from 'kysely';
import { type NamedPlace, namedInstitution } from '../directory/named-places.ts';
import type { Database } from '../kit/database.ts';

export interface SupplyAlertRecord {
  id: string;
  name: string;
  subjectType: string;
  subjectId: string;
  threshold: string;
  institutionId: string | null;
  institution: NamedPlace | null;
  raisedAt: Date;
  clearedAt: Date | null;
}

export interface AlertsQuestion {
  name?: string | undefined;
  /** null: those of every centre and of the supply department. */
  institutionId: string | null;
  limit: number;
  before?: { raisedAt: string; id: string } | undefined;
}

/** The newest first, cleared ones too; one more than asked for says that there are more. */
export async function listSupplyAlerts(db: Database, { name, institutionId, limit, before }: AlertsQuestion): Promise<SupplyAlertRecord[]> {
  const raisedAt = sql<Date>`date_trunc('milliseconds', raised_at)`;
  let alerts = db
    .selectFrom('supply_alert')
    .select([
      'id',
      'name',
      'subject_type as subjectType',
      'subject_id as subjectId',
      'threshold',
      'institution_id as institutionId',
      sql<NamedPlace | null>`${namedInstitution(sql`institution_id`)}`.as('institution'),
      raisedAt.as('raisedAt'),
      'cleared_at as clearedAt',
    ])
    .orderBy(raisedAt, 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (name !== undefined) alerts = alerts.where('name', '=', name);
  if (institutionId !== null) alerts = alerts.where('institution_id', '=', institutionId);
  if (before) alerts = alerts.where(sql<boolean>`(${raisedAt}, id) < (${before.raisedAt}::timestamptz, ${before.id}::uuid)`);
  return alerts.execute();
}
