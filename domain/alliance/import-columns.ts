/** The columns of the files by which a directory is filled, with their names in both languages. */
import type { Words } from '../kit/language.ts';

export const importKinds = ['institutions', 'departments', 'staff', 'teams', 'residents'] as const;
export type ImportKind = (typeof importKinds)[number];

export interface ImportColumn {
  /** As the API calls the field. */
  name: string;
  words: Words;
  /** Each row says it. */
  isNeeded: boolean;
}

const column = (name: string, zh: string, en: string): ImportColumn => ({ name, words: { zh, en }, isNeeded: true });
const optional = (name: string, zh: string, en: string): ImportColumn => ({ ...column(name, zh, en), isNeeded: false });

export const importColumns: Readonly<Record<ImportKind, readonly ImportColumn[]>> = {
  institutions: [
    column('id', '机构编号', 'Institution id'),
    column('nameZh', '中文名称', 'Name in Chinese'),
    column('nameEn', '英文名称', 'Name in English'),
    column('tier', '级别', 'Tier'),
    column('kind', '类别', 'Kind'),
    optional('addressZh', '中文地址', 'Address in Chinese'),
    optional('addressEn', '英文地址', 'Address in English'),
    optional('telephone', '电话', 'Telephone'),
  ],
  departments: [
    column('id', '科室编号', 'Department id'),
    column('institutionId', '机构编号', 'Institution id'),
    column('code', '科室代码', 'Code'),
    column('nameZh', '中文名称', 'Name in Chinese'),
    column('nameEn', '英文名称', 'Name in English'),
    optional('isReferralDesk', '接收转诊', 'Takes referrals'),
  ],
  staff: [
    column('id', '人员编号', 'Staff id'),
    column('name', '姓名', 'Name'),
    optional('username', '用户名', 'User name'),
    optional('phone', '电话', 'Telephone'),
    optional('email', '电子邮箱', 'E-mail'),
    optional('channel', '通知方式', 'Told by'),
    column('institutionId', '机构编号', 'Institution id'),
    optional('departmentId', '科室编号', 'Department id'),
    column('role', '岗位', 'Role'),
  ],
  teams: [
    column('id', '团队编号', 'Team id'),
    column('institutionId', '机构编号', 'Institution id'),
    column('name', '团队名称', 'Name'),
    column('memberId', '成员编号', 'Member id'),
  ],
  residents: [
    column('localIdSystem', '编号系统', 'Id system'),
    column('localIdValue', '编号', 'Id value'),
    column('name', '姓名', 'Name'),
    column('birthDate', '出生日期', 'Birth date'),
    column('sex', '性别', 'Sex'),
    column('homeInstitutionId', '所属机构编号', 'Home institution id'),
    optional('phone', '电话', 'Telephone'),
    optional('channel', '联系方式', 'Told by'),
  ],
};

/** Other names under which a column may come. */
const aliases: Readonly<Record<string, string>> = { memberIds: 'memberId' };

const plain = (header: string): string =>
  header
    .normalize('NFKC')
    .replaceAll(/[\s*_-]/g, '')
    .toLowerCase();

/** Returns the column that a header names: by its field or by its name in either language. */
export function findColumn(kind: ImportKind, header: string): ImportColumn | undefined {
  const given = plain(aliases[header.trim()] ?? header);
  return importColumns[kind].find(({ name, words }) => [name, words.zh, words.en].some((known) => plain(known) === given));
}
