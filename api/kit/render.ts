/** The answer to a command by its pathway's kind: what the caller would have got at once. */
import type { CommandRow } from '../../db/kit/commands.ts';
import { renderEnrolment } from '../follow-up/resource.ts';
import { renderReferral } from '../referral/routes.ts';
import type { OperationRequest, Reply } from './operation.ts';

type Render = (request: Pick<OperationRequest, 'deps' | 'caller'>, row: CommandRow, status: number) => () => Promise<Reply>;

const renders: Record<string, Render> = {
  referral: (request, { pathwayId }, status) => renderReferral(request, pathwayId as string, status),
  'follow-up': (request, { input }, status) => renderEnrolment(request, (input as { enrolmentId: string }).enrolmentId, status),
};
/** Commands that make something new. */
const creating = ['create', 'enrol', 'record-visit'];

export function renderOf(request: Pick<OperationRequest, 'deps' | 'caller'>, row: CommandRow): () => Promise<Reply> {
  const render = renders[row.pathwayKind ?? ''];
  if (!render || !row.pathwayId) throw new Error(`No way to show a ${row.pathwayKind}.`);
  return render(request, row, creating.includes(row.name ?? '') ? 201 : 200);
}
