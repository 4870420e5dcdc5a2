/** People, their accounts and their posts. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { createActivation } from '../../db/administration/activations.ts';
import {
  changePerson,
  comparePosts,
  createPerson,
  deactivatePerson,
  lockStaff,
  type StaffFields,
  type StandingStaff,
} from '../../db/administration/staff.ts';
import { findPerson, type Post } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { staffChannels } from '../../domain/messages/channels.ts';
import { isTelephone } from '../../domain/residents/telephone.ts';
import { activationAddress } from '../../platform/activation-links.ts';
import { PostSchema } from '../directory/institutions.ts';
import { RoleSchema } from '../kit/codes.ts';
import { toMessage } from '../kit/field-words.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Instant, pendingAnswer, Text } from '../kit/schemas.ts';

import { ChosenId, checkSameId, Reason } from './fields.ts';
import { asPostProblem, checkPlaces, keepsAccount, refuseConflict, refuseKeeping, refuseOwn, writePosts } from './posts.ts';

const tag = 'directory';

/** As administrators see it: what colleagues see has no telephone and no address. */
const StaffAccountSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    username: z.string().nullable(),
    phone: z.string().nullable(),
    email: z.string().nullable(),
    channel: z.enum(staffChannels),
    active: z.boolean(),
    /** has chosen a password */
    activated: z.boolean(),
    posts: z.array(PostSchema),
  })
  .openapi('StaffAccount');

const Username = z
  .string()
  .regex(/^\S{1,100}$/, toMessage({ zh: '须为 1–100 个字符，不含空格', en: '1 to 100 characters without spaces' }))
  .openapi({ example: 'wang.min' });

export const StaffBody = z
  .strictObject({
    id: ChosenId.optional(),
    name: Text(100),
    /** What is left out stays as it is, null takes it away. */
    username: Username.nullable().optional(),
    phone: Text(50)
      .refine(isTelephone, toMessage({ zh: '须为手机号，或带区号的固定电话', en: 'a mobile number, or a landline with its area code' }))
      .nullable()
      .optional(),
    email: z
      .email(toMessage({ zh: '须为电子邮箱', en: 'an e-mail address' }))
      .max(200)
      .nullable()
      .optional(),
    channel: z.enum(staffChannels).optional(),
    posts: z
      .array(z.strictObject({ institutionId: Id, departmentId: Id.nullable().optional(), role: RoleSchema }))
      .min(1)
      .max(50),
  })
  .openapi('NewStaffMember', {
    example: { id: 'c01-gp-1', name: '王敏', username: 'wang.min', posts: [{ institutionId: 'c01', role: 'gp' }] },
  });
type StaffBody = z.output<typeof StaffBody>;

const postsOf = ({ posts }: StaffBody): Post[] => posts.map(({ departmentId = null, ...post }) => ({ ...post, departmentId }));

const nothingYet: Omit<StaffFields, 'name'> = { username: null, phone: null, email: null, channel: 'sms' };

/** What is left out stays as it was. */
export const staffFieldsOf = (
  { name, username, phone, email, channel }: Omit<StaffBody, 'id' | 'posts'>,
  before: Omit<StaffFields, 'name'> = nothingYet,
): StaffFields => ({
  name,
  username: username === undefined ? before.username : username,
  phone: phone === undefined ? before.phone : phone,
  email: email === undefined ? before.email : email,
  channel: channel ?? before.channel,
});

const isSame = (one: StaffFields, other: StaffFields): boolean =>
  (['name', 'username', 'phone', 'email', 'channel'] as const).every((field) => one[field] === other[field]);

/** Somebody who was just written. */
async function readResource(trx: Trx, id: string): Promise<StandingStaff> {
  const staff = await lockStaff(trx, id);
  if (!staff) throw new Error('A member of staff just written cannot be read');
  return staff;
}

/** Throws Problem 409 for somebody who has left. */
async function lockActive(trx: Trx, id: string): Promise<StandingStaff> {
  const staff = await lockStaff(trx, id);
  if (!staff?.active) throw new Problem('transition-not-allowed', { members: { state: 'deactivated', allowed: [] } });
  return staff;
}

const create = operation({
  id: 'createStaffMember',
  method: 'post',
  path: '/v1/staff',
  tag,
  summary: '新增人员及岗位 / Add a member of staff with their posts',
  body: StaffBody,
  answers: { 201: { description: 'The member of staff', schema: StaffAccountSchema }, 202: pendingAnswer },
  async handle(request) {
    const { actor, body, caller, requestId } = request;
    const changes = { given: postsOf(body), ended: [] };
    refuseKeeping(caller, changes);
    return runOnce(request, async (trx) => {
      await checkPlaces(trx, changes.given);
      refuseConflict(changes.given);
      const id = body.id ?? uuid();
      if (!(await createPerson(trx, id, staffFieldsOf(body)))) throw new Problem('already-exists');
      await auditWrite(trx, { actor, action: 'staff.create', targetType: 'person', targetId: id, patientId: null, requestId });
      await writePosts(trx, { id }, comparePosts([], changes.given), { actor, requestId });
      return { status: 201, body: await readResource(trx, id) };
    });
  },
});

const StaffById = z.object({ id: Id });

const replace = operation({
  id: 'replaceStaffMember',
  method: 'put',
  path: '/v1/staff/{id}',
  tag,
  summary: '修改人员及岗位 / Change a member of staff and their posts',
  params: StaffById,
  body: StaffBody,
  answers: { 200: { description: 'The member of staff', schema: StaffAccountSchema } },
  find: ({ deps, params }) => findPerson(deps.db, params.id),
  async handle({ deps, actor, body, caller, resource, requestId }) {
    const { id } = resource;
    checkSameId(body, id);
    const staff = await inTransaction(deps.db, actor, async (trx) => {
      const before = await lockActive(trx, id);
      const [after, fields] = [postsOf(body), staffFieldsOf(body, before)];
      const changes = comparePosts(before.posts, after);
      refuseKeeping(caller, changes);
      if (!isSame(before, fields) && !keepsAccount(caller, before.posts)) throw new Problem('role-may-not');
      await checkPlaces(trx, after);
      if (changes.given.length + changes.ended.length > 0) refuseOwn(caller, id);
      refuseConflict(after);
      if (!(await changePerson(trx, id, fields))) throw new Problem('already-exists');
      await auditWrite(trx, { actor, action: 'staff.change', targetType: 'person', targetId: id, patientId: null, requestId });
      await writePosts(trx, { id }, changes, { actor, requestId });
      return readResource(trx, id);
    }).catch((error: unknown) => {
      throw asPostProblem(error);
    });
    return { status: 200, body: staff };
  },
});

const DeactivationSchema = z.strictObject({ ...StaffAccountSchema.shape, releasedTasks: z.number().int() }).openapi('DeactivatedStaff');

const deactivate = operation({
  id: 'deactivateStaffMember',
  method: 'post',
  path: '/v1/staff/{id}/deactivate',
  tag,
  summary: '停用人员 / Somebody has left: let in no more, their tasks are released',
  params: StaffById,
  body: z.strictObject({ reason: Reason }).openapi('StaffDeactivation', { example: { reason: '离职' } }),
  answers: {
    200: { description: 'The member of staff, and how many tasks were released', schema: DeactivationSchema },
    202: pendingAnswer,
  },
  find: ({ deps, params }) => findPerson(deps.db, params.id),
  may: ({ caller, resource }) => keepsAccount(caller, resource.posts),
  async handle(request) {
    const { deps, actor, body, caller, resource, requestId } = request;
    const { id } = resource;
    const reply = await runOnce(request, async (trx) => {
      await lockActive(trx, id);
      refuseOwn(caller, id);
      const { releasedTasks } = await deactivatePerson(trx, id, new Date());
      const { reason } = body;
      await auditWrite(trx, { actor, action: 'staff.deactivate', targetType: 'person', targetId: id, patientId: null, reason, requestId });
      return { status: 200, body: { ...(await readResource(trx, id)), releasedTasks } };
    }).catch((error: unknown) => {
      throw asPostProblem(error);
    });
    deps.tokens.sessions.forgetPerson(id);
    return reply;
  },
});

const InvitationSchema = z.strictObject({ url: z.string(), expiresAt: Instant }).openapi('Activation');

const invite = operation({
  id: 'inviteStaffMember',
  method: 'post',
  path: '/v1/staff/{id}/activation',
  tag,
  summary: '生成账号激活链接（一次有效，72 小时） / A link to choose a password by: once, for 72 hours',
  params: StaffById,
  body: z.strictObject({}).openapi('StaffActivation'),
  answers: { 200: { description: 'The link; those before it end', schema: InvitationSchema }, 202: pendingAnswer },
  find: ({ deps, params }) => findPerson(deps.db, params.id),
  may: ({ caller, resource }) => keepsAccount(caller, resource.posts),
  async handle(request) {
    const { deps, actor, resource, requestId } = request;
    const { id } = resource;
    return runOnce(request, async (trx) => {
      const staff = await lockActive(trx, id);
      if (staff.username === null) throw new Problem('transition-not-allowed', { members: { state: 'without-username', allowed: [] } });
      const { token, expiresAt } = await createActivation(trx, id, new Date());
      await auditWrite(trx, { actor, action: 'account.invite', targetType: 'person', targetId: id, patientId: null, requestId });
      return { status: 200, body: { url: activationAddress(deps.config.CAREPATH_PUBLIC_URL, token), expiresAt: expiresAt.toISOString() } };
    });
  },
});

export const staffOperations: Operation[] = [create, replace, deactivate, invite];
