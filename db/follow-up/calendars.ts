/** Working days as they are published, and what a new year does to the visits that are planned. */
import { sql } from 'kysely';
import { followUp } from '../../domain/follow-up/decider.ts';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import { evolve, withNewFields } from '../../domain/kit/pathway.ts';
import type { Calendar, CalendarYear } from '../../domain/time/calendar.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf, shortFormOf, storeDocuments } from '../kit/documents.ts';
import { listeningPathways } from '../kit/fact-deliveries.ts';
import { publishFactsToPathways } from '../kit/publish-facts.ts';
import type { Trx } from '../kit/transaction.ts';

/** A visit that a calendar moves. */
export interface MovedVisit {
  pathwayId: string;
  enrolmentIds: string[];
  dueOnBefore: string;
  dueOn: string;
}

const BATCH = 200;

/** Asks the decider what it would do with the fact, and writes nothing. */
export async function findMovedVisits(db: Database, calendar: Calendar, at: number): Promise<MovedVisit[]> {
  const moved: MovedVisit[] = [];
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('pathway')
      .select(['id', 'state'])
      .where('kind', '=', followUp.kind)
      .where('status', '=', 'open')
      .where('version', '>', 0)
      .where(sql<boolean>`id::text > ${after}`)
      .orderBy(sql`id::text`)
      .limit(BATCH)
      .execute();
    for (const { id, state } of await longFormOf(db, rows)) {
      const before = withNewFields(followUp, state as FollowUpState);
      const event = {
        kind: 'fact' as const,
        name: 'calendar-published',
        id: 'preview',
        at,
        actor: null,
        input: { occurredAt: at, calendar },
      };
      const verdict = followUp.decide(before, event);
      const plan = verdict.ok ? evolve(before, verdict.decision).plan : before.plan;
      if (before.plan && plan && plan.dueOn !== before.plan.dueOn)
        moved.push({ pathwayId: id, enrolmentIds: plan.enrolmentIds, dueOnBefore: before.plan.dueOn, dueOn: plan.dueOn });
    }
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return moved;
    after = last.id;
  }
}

/** The years known, with this one as it is or will be. */
export const withYear = ({ years }: Calendar, year: CalendarYear): Calendar => ({
  years: [...years.filter((known) => known.year !== year.year), year].sort((a, b) => a.year - b.year),
});

/** Resolves with false when that version is there already. The same transaction delivers the fact to every open follow-up. */
export async function publishCalendar(
  trx: Trx,
  year: CalendarYear,
  calendar: Calendar,
  { institutionId, at }: { institutionId: string; at: Date },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('calendar_year')
    .values({ year: year.year, version: year.version, document: JSON.stringify(year) })
    .onConflict((conflict) => conflict.columns(['year', 'version']).doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 0n) return false;
  await storeDocuments(trx, [calendar]);
  const messageId = `calendar:${year.year}/${year.version}`;
  const listening = listeningPathways('calendar-published');
  await publishFactsToPathways(
    trx,
    'calendar-published',
    sql`
      select pathway_id, creating_command_id, patient_id, ${messageId} || ':' || pathway_id as message_id, ${at}::timestamptz as occurred_at,
        ${institutionId}::text as sender_institution_id, '{}'::jsonb as details, ${JSON.stringify(shortFormOf(trx, { calendar }))}::jsonb as input
      from (${listening}) as listening where patient_id is not null`,
  );
  return true;
}
