/** Staff from a file, a row a post; teams, a row a member. A file adds posts and members and takes none away. */
import { z } from '@hono/zod-openapi';
import { listOpenDepartments, listOpenInstitutions } from '../../../db/administration/places.ts';
import { changePerson, comparePosts, createPerson, listStandingStaff, type StandingStaff } from '../../../db/administration/staff.ts';
import { changeTeam, createTeam, listPostHolders, listStandingTeams, type StandingTeam } from '../../../db/administration/teams.ts';
import type { Post } from '../../../db/directory/directory.ts';
import { auditWrite } from '../../../db/kit/audit.ts';
import { areConflicting, keeperOfRole } from '../../../domain/alliance/administrators.ts';
import { roleWords } from '../../../domain/alliance/roles.ts';
import { RoleSchema } from '../../kit/codes.ts';
import { Id } from '../../kit/schemas.ts';
import { ChosenId, unknownDepartment, unknownInstitution } from '../fields.ts';
import { keepsAccount, writePosts } from '../posts.ts';
import { StaffBody, staffFieldsOf } from '../staff.ts';
import { TeamBody } from '../teams.ts';
import { codesByWords, defineImport, givenTwice, type Judgement, judged, notYours, refused, repeated } from './import-rules.ts';

const { posts: _, ...personShape } = StaffBody.shape;
const StaffRow = z.strictObject({ ...personShape, id: ChosenId, institutionId: Id, departmentId: Id.optional(), role: RoleSchema });
type StaffRow = z.output<typeof StaffRow>;

const channels = codesByWords({
  sms: { zh: '短信', en: 'text message' },
  email: { zh: '电子邮件', en: 'e-mail' },
  wecom: { zh: '企业微信', en: 'WeCom' },
});

const postOf = ({ institutionId, departmentId, role }: StaffRow): Post => ({ institutionId, departmentId: departmentId ?? null, role });
const personOf = ({ name, username, phone, email, channel }: StaffRow) => JSON.stringify([name, username, phone, email, channel]);
const different = { zh: '与同一人员的前一行不一致', en: 'differs from an earlier row of the same person' };

const groupById = <Row extends { id: string }>(rows: readonly Row[]): Map<string, Row[]> => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.id, [...(groups.get(row.id) ?? []), row]);
  return groups;
};

export const staffImport = defineImport<StaffRow>({
  schema: StaffRow,
  codes: { role: codesByWords(roleWords), channel: channels },
  async judge(trx, rows, { caller }) {
    const institutions = await listOpenInstitutions(trx, [...new Set(rows.map(({ institutionId }) => institutionId))]);
    const departments = await listOpenDepartments(trx, [...new Set(rows.flatMap(({ departmentId }) => departmentId ?? []))]);
    const usernames = rows.flatMap(({ username }) => username ?? []);
    const there = await listStandingStaff(trx, { ids: [...new Set(rows.map(({ id }) => id))], usernames });
    const byId = new Map(there.map((each) => [each.id, each]));
    const byUsername = new Map(there.map((each) => [each.username, each.id]));
    const [people, again] = [groupById(rows), repeated(rows, (row) => JSON.stringify([row.id, postOf(row)]))];
    const firstOfUsername = new Map<string, string>();

    const judge = (row: StaffRow): Judgement => {
      const { id, username, institutionId, departmentId, role } = row;
      const before = byId.get(id);
      const [first = row, ...others] = people.get(id) ?? [];
      const owner = username ? (firstOfUsername.get(username) ?? byUsername.get(username)) : undefined;
      if (username && !firstOfUsername.has(username)) firstOfUsername.set(username, id);
      if (again.has(row)) return refused('role', givenTwice);
      if (personOf(row) !== personOf(first)) return refused('name', different);
      if (owner !== undefined && owner !== id) return refused('username', { zh: '用户名已被使用', en: 'the user name is taken' });
      if (!institutions.has(institutionId)) return refused('institutionId', unknownInstitution);
      if (departmentId !== undefined && departments.get(departmentId) !== institutionId) return refused('departmentId', unknownDepartment);
      if (!caller.roles.includes(keeperOfRole(role))) return refused('role', notYours);
      const held = [...(before?.posts ?? []), ...[first, ...others].map(postOf)].map((post) => post.role);
      if (areConflicting(held))
        return refused('role', { zh: '系统管理员、安全管理员与审计员不能兼任', en: 'administrators exclude one another' });
      return before ? compare(row, before) : judged('create');
    };

    const compare = (row: StaffRow, before: StandingStaff): Judgement => {
      if (!before.active) return refused('id', { zh: '此人已停用', en: 'has left' });
      const fields = staffFieldsOf(row, before);
      const isChanged = (['name', 'username', 'phone', 'email', 'channel'] as const).some((field) => fields[field] !== before[field]);
      if (isChanged && !keepsAccount(caller, before.posts)) return refused('name', notYours);
      const isGiven = comparePosts(before.posts, [postOf(row)]).given.length > 0;
      if (isGiven && row.id === caller.personId)
        return refused('role', { zh: '本人的岗位须由他人更改', en: 'somebody else has to change your posts' });
      return judged(isChanged || isGiven ? 'change' : 'same', before);
    };
    return rows.map(judge);
  },
  async apply(trx, rows, { actor, requestId }) {
    const there = await listStandingStaff(trx, { ids: rows.map(({ id }) => id), usernames: [] });
    const byId = new Map(there.map((each) => [each.id, each]));
    for (const [id, [first, ...others]] of groupById(rows)) {
      if (!first) continue;
      const before = byId.get(id);
      const fields = staffFieldsOf(first, before);
      if (before) await changePerson(trx, id, fields);
      else await createPerson(trx, id, fields);
      const action = before ? 'staff.change' : 'staff.create';
      await auditWrite(trx, { actor, action, targetType: 'person', targetId: id, patientId: null, requestId });
      const { given } = comparePosts(before?.posts ?? [], [first, ...others].map(postOf));
      await writePosts(trx, { id }, { given, ended: [] }, { actor, requestId });
    }
  },
});

const TeamRow = z.strictObject({ id: ChosenId, institutionId: Id, name: TeamBody.shape.name, memberId: Id });
type TeamRow = z.output<typeof TeamRow>;

export const teamImport = defineImport<TeamRow>({
  schema: TeamRow,
  async judge(trx, rows, { caller }) {
    const institutions = await listOpenInstitutions(trx, [...new Set(rows.map(({ institutionId }) => institutionId))]);
    const byId = new Map((await listStandingTeams(trx, [...new Set(rows.map(({ id }) => id))])).map((each) => [each.id, each]));
    const holders = await listPostHolders(
      trx,
      rows.map(({ memberId }) => memberId),
    );
    const [teams, again] = [groupById(rows), repeated(rows, ({ id, memberId }) => JSON.stringify([id, memberId]))];

    const judge = (row: TeamRow): Judgement => {
      const { id, institutionId, name, memberId } = row;
      const [first = row] = teams.get(id) ?? [];
      if (again.has(row)) return refused('memberId', givenTwice);
      if (first.institutionId !== institutionId || first.name !== name)
        return refused('name', { zh: '与同一团队的前一行不一致', en: 'differs from an earlier row of the same team' });
      if (!institutions.has(institutionId)) return refused('institutionId', unknownInstitution);
      if (!caller.roles.includes('sysadmin') && institutionId !== caller.institutionId) return refused('institutionId', notYours);
      if (!holders.has(JSON.stringify([memberId, institutionId])))
        return refused('memberId', { zh: '此人不在该机构任职', en: 'has no post at this institution' });
      const before = byId.get(id);
      return before ? compare(row, before) : judged('create');
    };

    const compare = ({ institutionId, name, memberId }: TeamRow, before: StandingTeam): Judgement => {
      if (before.closedAt !== null) return refused('id', { zh: '已关闭', en: 'is closed' });
      if (before.institutionId !== institutionId)
        return refused('institutionId', { zh: '团队不能换机构', en: 'a team stays at its institution' });
      return judged(before.name === name && before.memberIds.includes(memberId) ? 'same' : 'change', before);
    };
    return rows.map(judge);
  },
  async apply(trx, rows, { actor, requestId }) {
    const byId = new Map(
      (
        await listStandingTeams(
          trx,
          rows.map(({ id }) => id),
        )
      ).map((each) => [each.id, each]),
    );
    for (const [id, members] of groupById(rows)) {
      const [first] = members;
      if (!first) continue;
      const before = byId.get(id);
      const memberIds = [...(before?.memberIds ?? []), ...members.map(({ memberId }) => memberId)];
      if (before) await changeTeam(trx, { id, name: first.name, memberIds });
      else await createTeam(trx, { id, institutionId: first.institutionId, name: first.name, memberIds });
      const action = before ? 'team.change' : 'team.create';
      await auditWrite(trx, { actor, action, targetType: 'team', targetId: id, patientId: null, requestId });
    }
  },
});
