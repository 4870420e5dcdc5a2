/** Who may change which posts of whom. The tables hold the same under any race. */
import { listOpenDepartments, listOpenInstitutions } from '../../db/administration/places.ts';
import { changePosts, type PostChanges, postRefusalOf, type StandingStaff } from '../../db/administration/staff.ts';
import type { Post } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { areConflicting, keeperOfAccount, keeperOfRole } from '../../domain/alliance/administrators.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Caller } from '../kit/auth.ts';
import { type FieldError, Problem } from '../kit/problem.ts';
import { unknownDepartment, unknownInstitution } from './fields.ts';

/** Throws Problem 403 unless each post that is given or ended is the caller's to give and end. */
export function refuseKeeping({ roles }: Pick<Caller, 'roles'>, { given, ended }: PostChanges): void {
  if (![...given, ...ended].every(({ role }) => roles.includes(keeperOfRole(role)))) throw new Problem('role-may-not');
}

/** Whether the account of somebody with these posts is the caller's to write. */
export const keepsAccount = ({ roles }: Pick<Caller, 'roles'>, held: readonly Post[]): boolean =>
  roles.includes(keeperOfAccount(held.map(({ role }) => role)));

/** Throws Problem 409 for one's own posts. */
export function refuseOwn({ personId }: Pick<Caller, 'personId'>, of: string): void {
  if (personId === of) throw new Problem('second-person-required');
}

/** Throws Problem 409. */
export function refuseConflict(posts: readonly Post[]): void {
  if (areConflicting(posts.map(({ role }) => role))) throw new Problem('roles-conflict');
}

/** Throws Problem 422 for posts at places that there are not. */
export async function checkPlaces(trx: Trx, posts: readonly Post[]): Promise<void> {
  const institutions = await listOpenInstitutions(
    trx,
    posts.map(({ institutionId }) => institutionId),
  );
  const departments = await listOpenDepartments(
    trx,
    posts.flatMap(({ departmentId }) => departmentId ?? []),
  );
  const errors = posts.flatMap(({ institutionId, departmentId }, index): FieldError[] => {
    if (!institutions.has(institutionId)) return [{ path: `posts.${index}.institutionId`, message: unknownInstitution }];
    if (departmentId !== null && departments.get(departmentId) !== institutionId)
      return [{ path: `posts.${index}.departmentId`, message: unknownDepartment }];
    return [];
  });
  if (errors.length > 0) throw new Problem('invalid-request', { errors });
}

/** Each post that is given or ended is an entry of the audit. */
export async function writePosts(
  trx: Trx,
  { id }: Pick<StandingStaff, 'id'>,
  changes: PostChanges,
  { actor, requestId }: { actor: Actor; requestId: string },
): Promise<void> {
  await changePosts(trx, id, changes);
  for (const [action, posts] of [['post.give', changes.given] as const, ['post.end', changes.ended] as const])
    for (const { role, institutionId } of posts)
      await auditWrite(trx, {
        actor,
        action,
        targetType: 'person',
        targetId: id,
        code: `${role}@${institutionId}`,
        patientId: null,
        requestId,
      });
}

/** Says what the tables have refused as the problem that it is. */
export function asPostProblem(error: unknown): unknown {
  const code = postRefusalOf(error);
  return code ? new Problem(code) : error;
}
