/** Who sees a slip: its centre, the courier and driver of its round, the posts that see all of sterile supply. */
import { z } from '@hono/zod-openapi';
import { findSlip, type SlipRecord } from '../../db/exchange-slip/slips.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { sightOf } from '../sterile-supply/posts.ts';

export const SlipById = z.object({ id: z.uuid() });

export const findVisibleSlip = ({
  deps,
  caller,
  params,
}: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<SlipRecord | undefined> =>
  findSlip(deps.db, params.id, sightOf(caller));
