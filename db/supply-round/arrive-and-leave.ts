/** Arriving at a stop and leaving it. */
import { sql } from 'kysely';
import type { Act } from '../sterile-supply/act.ts';
import type { LockedStop } from './lock-stop.ts';
import type { RoundFact } from './round-facts.ts';
import type { StepDone } from './step-bodies.ts';

export async function arriveAtStop(_act: Act, { id: stopId, institutionId, round }: LockedStop): Promise<StepDone> {
  return { details: {}, ledger: [], facts: [{ roundId: round.id, type: 'stop-arrived', input: { stopId, institutionId } }] };
}

export async function leaveStop(act: Act, { id: stopId, institutionId, round }: LockedStop): Promise<StepDone> {
  const waiting = await findRoundsThatFailed(act, { institutionId, roundId: round.id });
  const facts: RoundFact[] = [
    { roundId: round.id, type: 'stop-left', input: { stopId, institutionId } },
    ...waiting.map((roundId): RoundFact => ({ roundId, type: 'centre-served', input: { institutionId } })),
  ];
  return { details: {}, ledger: [], facts };
}

/** Rounds that came to nothing at this centre and wait until somebody has been there. */
export async function findRoundsThatFailed(
  { trx }: Pick<Act, 'trx'>,
  { institutionId, roundId }: { institutionId: string; roundId: string },
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct pathway.id from round_stop join pathway on pathway.id = round_stop.round_id
    where round_stop.institution_id = ${institutionId} and round_id <> ${roundId} and pathway.status = 'open' and pathway.kind = 'supply-round'
      and exists (select from jsonb_array_elements(pathway.state -> 'timers') as timer where timer ->> 'id' = ${`unserved-${institutionId}`})
    order by pathway.id`.execute(trx);
  return rows.map(({ id }) => id);
}
