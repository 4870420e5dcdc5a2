/** The management plan under which a person came back from hospital, for a follow-up that begins after it. */
import { sql } from 'kysely';
import type { HandedPlan } from '../../domain/follow-up/protocol.ts';
import { hasPlanData, toHandedPlan } from '../../domain/referral/handed-plan.ts';
import type { Database } from '../kit/database.ts';

/** Returns the plan of the down referral that was accepted last; undefined when there is none, or when its plan is no data. */
export async function findAcceptedPlan(db: Database, patientId: string): Promise<HandedPlan | undefined> {
  const { rows } = await sql<{ referralId: string; plan: unknown; acceptedAt: Date }>`
    select referral.id as "referralId", management_plan as plan, accepted.at as "acceptedAt"
    from referral cross join lateral (
      select max(happened_at) as at from timeline where pathway_id = referral.id and event = 'send-acceptance'
    ) as accepted
    where patient_id in (select id from records_of_resident(${patientId})) and direction = 'down' and accepted.at is not null
    order by accepted.at desc limit 1`.execute(db);
  const [last] = rows;
  if (!last || !hasPlanData(last.plan)) return undefined;
  const { referralId, plan, acceptedAt } = last;
  return { ...toHandedPlan(plan), referralId, acceptedAt: acceptedAt.getTime() };
}
