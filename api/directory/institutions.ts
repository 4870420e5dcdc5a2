/** Who belongs to the alliance: institutions, departments, staff. */
import { z } from '@hono/zod-openapi';
import { findPerson, listDepartments, listInstitutions, listStaff, type Page, type Slice } from '../../db/directory/directory.ts';
import { roles } from '../../domain/alliance/roles.ts';
import { RoleSchema } from '../kit/codes.ts';
import { decodeCursor, encodeCursor } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Id, PageQuery, pageOf } from '../kit/schemas.ts';

const tag = 'directory';

export const InstitutionSchema = z
  .strictObject({
    id: z.string(),
    nameZh: z.string(),
    nameEn: z.string(),
    tier: z.enum(['tertiary', 'secondary', 'primary', 'support']),
    kind: z.enum(['hospital', 'community-health-centre', 'sterile-supply-department']),
    /** null where the alliance has not told it yet */
    addressZh: z.string().nullable(),
    addressEn: z.string().nullable(),
    telephone: z.string().nullable(),
  })
  .openapi('Institution');

export const DepartmentSchema = z
  .strictObject({
    id: z.string(),
    institutionId: z.string(),
    code: z.string(),
    nameZh: z.string(),
    nameEn: z.string(),
    isReferralDesk: z.boolean(),
  })
  .openapi('Department');

export const PostSchema = z
  .strictObject({ institutionId: z.string(), departmentId: z.string().nullable(), role: RoleSchema })
  .openapi('Post');

/** How a colleague is reached stays out: messages go through the service. */
const StaffMemberSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    posts: z.array(PostSchema),
  })
  .openapi('StaffMember');

/** Throws Problem 422 for a cursor that is not ours. */
export const parsePage = ({ limit, cursor }: { limit: number; cursor?: string | undefined }): Page => ({
  limit,
  after: decodeCursor(cursor, Id),
});

export const toPageResource = <Item>({ items, next }: Slice<Item>): { items: Item[]; nextCursor: string | null } => ({
  items,
  nextCursor: next === null ? null : encodeCursor(next),
});

const institutions = operation({
  id: 'listInstitutions',
  method: 'get',
  path: '/v1/institutions',
  tag,
  summary: '机构列表 / Institutions of the alliance',
  query: z.strictObject(PageQuery),
  answers: { 200: { description: 'A page of institutions', schema: pageOf(InstitutionSchema) } },
  async handle({ deps, query }) {
    return { status: 200, body: toPageResource(await listInstitutions(deps.db, parsePage(query))) };
  },
});

const departments = operation({
  id: 'listDepartments',
  method: 'get',
  path: '/v1/departments',
  tag,
  summary: '科室列表 / Departments, of one institution or of all',
  query: z.strictObject({ ...PageQuery, institutionId: Id.optional() }),
  answers: { 200: { description: 'A page of departments', schema: pageOf(DepartmentSchema) } },
  async handle({ deps, query }) {
    return { status: 200, body: toPageResource(await listDepartments(deps.db, query, parsePage(query))) };
  },
});

const staff = operation({
  id: 'listStaff',
  method: 'get',
  path: '/v1/staff',
  tag,
  summary: '人员列表 / Staff with their posts; with both filters, who holds that role at that institution',
  query: z.strictObject({ ...PageQuery, institutionId: Id.optional(), role: z.enum(roles).optional() }),
  answers: { 200: { description: 'A page of people', schema: pageOf(StaffMemberSchema) } },
  async handle({ deps, query }) {
    return { status: 200, body: toPageResource(await listStaff(deps.db, query, parsePage(query))) };
  },
});

/** Also somebody who has left, whom old records name. */
const staffMember = operation({
  id: 'getStaffMember',
  method: 'get',
  path: '/v1/staff/{id}',
  tag,
  summary: '查看工作人员 / A member of staff with their posts',
  params: z.object({ id: Id }),
  answers: { 200: { description: 'The member of staff', schema: StaffMemberSchema } },
  find: ({ deps, params }) => findPerson(deps.db, params.id),
  async handle({ resource: { id, name, posts } }) {
    return { status: 200, body: { id, name, posts } };
  },
});

export const directoryOperations: Operation[] = [institutions, departments, staff, staffMember];
