/** Who sees a discrepancy, and whose it is to clear up. */
import { z } from '@hono/zod-openapi';
import { type DiscrepancyRecord, findDiscrepancy } from '../../db/discrepancy/discrepancies.ts';
import type { Caller } from '../kit/auth.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { holdsPost, sightOf } from '../sterile-supply/posts.ts';

export const DiscrepancyById = z.object({ id: z.uuid() });

export const findVisibleDiscrepancy = ({
  deps,
  caller,
  params,
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<DiscrepancyRecord | undefined> =>
  findDiscrepancy(deps.db, params.id, sightOf(caller));

/** The owner's post at the owner's institution, or the head nurse. */
export const isOwner = ({ owner }: Pick<DiscrepancyRecord, 'owner'>, caller: Caller): boolean =>
  holdsPost(caller, 'h') || (caller.roles.includes(owner.role) && caller.institutionId === owner.institutionId);
