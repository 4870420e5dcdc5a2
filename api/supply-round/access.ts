/** Who sees which round and which stop: the centre those with a stop of its own, driver and courier their own, the supply department all. */
import { z } from '@hono/zod-openapi';
import { findRoundHead, type RoundFilter, type RoundHead } from '../../db/supply-round/rounds.ts';
import { findStop, type StopRecord } from '../../db/supply-round/stops.ts';
import type { Caller } from '../kit/auth.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { type SupplySight, sightOf } from '../sterile-supply/posts.ts';

export const ById = z.object({ id: z.uuid() });

type IdRequest = OperationRequest<{ id: string }, unknown, unknown, undefined>;

export async function findVisibleRound({ deps, params, caller }: IdRequest): Promise<RoundHead | undefined> {
  const head = await findRoundHead(deps.db, params.id);
  return head && sees(sightOf(caller), head) ? head : undefined;
}

function sees(sight: SupplySight, round: { driverId: string; courierId: string; institutionIds: readonly string[] }): boolean {
  switch (sight.over) {
    case 'alliance':
      return true;
    case 'centre':
      return round.institutionIds.includes(sight.institutionId);
    case 'rounds':
      return round.driverId === sight.personId || round.courierId === sight.personId;
    case 'nothing':
      return false;
  }
}

/** The same for lists; undefined: nothing is to be seen. */
export function visibleRounds(caller: Caller): Pick<RoundFilter, 'withStopAt' | 'ofPerson'> | undefined {
  const sight = sightOf(caller);
  switch (sight.over) {
    case 'alliance':
      return {};
    case 'centre':
      return { withStopAt: sight.institutionId };
    case 'rounds':
      return { ofPerson: sight.personId };
    case 'nothing':
      return undefined;
  }
}

export async function findVisibleStop({ deps, params, caller }: IdRequest): Promise<StopRecord | undefined> {
  const stop = await findStop(deps.db, params.id);
  return stop && sees(sightOf(caller), { ...stop.round, institutionIds: [stop.institutionId] }) ? stop : undefined;
}
