/** Who sees a slip: its centre, the courier and driver of its round, the posts that see all of sterile supply. */
import { z } from '@hono/zod-openapi';
import { findSlip, type SlipRecord, type SlipSight } from '../../db/exchange-slip/slips.ts';
import type { Caller } from '../kit/auth.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { sightOf } from '../sterile-supply/posts.ts';

export const SlipById = z.object({ id: z.string() });

const isUuid = (text: string): boolean => z.uuid().safeParse(text).success;

/** `nothing`: the caller sees no slip at all. */
export function slipSightOf(caller: Caller): SlipSight | 'nothing' {
  const sight = sightOf(caller);
  switch (sight.over) {
    case 'alliance':
      return undefined;
    case 'centre':
      return { institutionId: sight.institutionId };
    case 'rounds':
      return { personId: sight.personId };
    case 'nothing':
      return 'nothing';
  }
}

export async function findVisibleSlip({
  deps,
  caller,
  params,
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<SlipRecord | undefined> {
  const sight = slipSightOf(caller);
  return sight === 'nothing' || !isUuid(params.id) ? undefined : findSlip(deps.db, params.id, sight);
}
