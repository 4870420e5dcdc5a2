/** Which recalls a caller knows of, and for which holders a caller may speak. */
import { z } from '@hono/zod-openapi';
import { findRecall, listOwnRounds, type RecallReach, type RecallRecord } from '../../db/recall/recalls.ts';
import type { PartHolder } from '../../domain/recall/holders.ts';
import type { Caller } from '../kit/auth.ts';
import type { ApiDependencies, OperationRequest } from '../kit/operation.ts';
import { holdsPost, sightOf } from '../sterile-supply/posts.ts';

export const RecallById = z.object({ id: z.uuid() });

/** Undefined: somebody who sees no recall at all. */
export function recallReachOf(caller: Caller): RecallReach | undefined {
  const sight = sightOf(caller);
  return sight.over === 'nothing' ? undefined : sight;
}

export async function findVisibleRecall({
  deps,
  caller,
  params,
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<RecallRecord | undefined> {
  const reach = recallReachOf(caller);
  return reach && findRecall(deps.db, params.id, reach);
}

/** The holders of a recall that the caller is staff of. */
export async function listOwnHolders(deps: ApiDependencies, caller: Caller, { holders }: RecallRecord): Promise<PartHolder[]> {
  const { institutionId, personId } = caller;
  const rounds = holders.filter(({ type }) => type === 'round').map(({ id }) => id);
  const ownRounds = holdsPost(caller, 'k', 'v') ? await listOwnRounds(deps.db, personId, rounds) : [];
  const isOwn = ({ type, id }: PartHolder): boolean => {
    switch (type) {
      case 'centre':
        return id === institutionId && holdsPost(caller, 'n');
      case 'infection':
        return id === institutionId && holdsPost(caller, 'i');
      case 'cssd':
        return id === institutionId && holdsPost(caller, 't', 'c', 'r', 'd', 'h');
      case 'round':
        return ownRounds.includes(id);
    }
  };
  return holders.filter(isOwn).map(({ type, id }) => ({ type, id }));
}
