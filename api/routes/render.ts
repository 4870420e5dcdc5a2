/** The answer to a command by its pathway's kind: what the caller would have got at once. */
import type { CommandRow } from '../../db/commands.ts';
import { deciders } from '../../domain/pathways.ts';
import type { OperationRequest, Reply } from '../operation.ts';
import { renderReferral } from './referrals.ts';

type Render = (request: Pick<OperationRequest, 'deps' | 'caller'>, id: string, status: number) => () => Promise<Reply>;

const renders: Record<string, Render> = { referral: renderReferral };

export function renderOf(
  request: Pick<OperationRequest, 'deps' | 'caller'>,
  { pathwayKind, pathwayId, name }: CommandRow,
): () => Promise<Reply> {
  const render = renders[pathwayKind ?? ''];
  if (!render || !pathwayId) throw new Error(`No way to show a ${pathwayKind}.`);
  return render(request, pathwayId, name === deciders[pathwayKind ?? '']?.creation ? 201 : 200);
}
