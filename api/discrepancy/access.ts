/** Who sees a discrepancy, and whose it is to clear up. */
import { z } from '@hono/zod-openapi';
import { type DiscrepancyRecord, type DiscrepancySight, findDiscrepancy } from '../../db/discrepancy/discrepancies.ts';
import type { Caller } from '../kit/auth.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { holdsPost, sightOf } from '../sterile-supply/posts.ts';

export const DiscrepancyById = z.object({ id: z.string() });

const isUuid = (text: string): boolean => z.uuid().safeParse(text).success;

/** `nothing`: the caller sees no discrepancy at all. */
export function discrepancySightOf(caller: Caller): DiscrepancySight | 'nothing' {
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

export async function findVisibleDiscrepancy({
  deps,
  caller,
  params,
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<DiscrepancyRecord | undefined> {
  const sight = discrepancySightOf(caller);
  return sight === 'nothing' || !isUuid(params.id) ? undefined : findDiscrepancy(deps.db, params.id, sight);
}

/** The owner's post at the owner's institution, or the head nurse. */
export const isOwner = ({ owner }: Pick<DiscrepancyRecord, 'owner'>, caller: Caller): boolean =>
  holdsPost(caller, 'h') || (caller.roles.includes(owner.role) && caller.institutionId === owner.institutionId);
