/** The fields that the writers of the directory share. */
import { z } from '@hono/zod-openapi';
import { toMessage } from '../kit/field-words.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Text } from '../kit/schemas.ts';

/** An id that people choose: it stands in addresses, messages and files of other systems. */
export const ChosenId = z
  .string()
  .regex(/^[a-z0-9-]{2,60}$/, toMessage({ zh: '须为 2–60 个小写字母、数字或连字符', en: '2 to 60 small letters, digits and hyphens' }))
  .openapi({ example: 'c01' });

export const Reason = Text(2_000);

/** Throws Problem 422 when a body of a PUT says another id than its address. */
export function checkSameId(body: { id?: string | undefined }, id: string): void {
  if (body.id !== undefined && body.id !== id)
    throw invalidRequestProblem('id', { zh: '与地址中的编号不同', en: 'is not the id of the address' });
}

/** Throws Problem 409 for something that has been closed. */
export function refuseClosed({ closedAt }: { closedAt: Date | null }): void {
  if (closedAt !== null) throw new Problem('transition-not-allowed', { members: { state: 'closed', allowed: [] } });
}

export const unknownInstitution = { zh: '联盟内没有此机构，或已关闭', en: 'no such institution in the alliance, or it is closed' };
export const unknownDepartment = { zh: '该机构没有此科室，或已关闭', en: 'no such department of this institution, or it is closed' };
