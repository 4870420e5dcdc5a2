import type { Words } from '../kit/language.ts';

/** The roles that a post can have in the alliance. */
export const roles = [
  'gp',
  'specialist',
  'desk',
  'head',
  'office',
  'nurse',
  'pharmacist',
  'courier',
  'driver',
  'technician',
  'checker',
  'releaser',
  'headnurse',
  'infection',
  'dispatcher',
  'sysadmin',
  'secadmin',
  'auditor',
  'gateway',
] as const;
export type Role = (typeof roles)[number];

export const isRole = (name: string): name is Role => roles.some((role) => role === name);

/** What people call a post. */
export const roleWords: Readonly<Record<Role, Words>> = {
  gp: { zh: '全科医生', en: 'GP' },
  specialist: { zh: '专科医生', en: 'specialist' },
  desk: { zh: '转诊服务台', en: 'referral desk' },
  head: { zh: '科室（中心）负责人', en: 'head of department or centre' },
  office: { zh: '联盟办公室', en: 'alliance office' },
  nurse: { zh: '护士', en: 'nurse' },
  pharmacist: { zh: '药师', en: 'pharmacist' },
  courier: { zh: '运送护士', en: 'courier' },
  driver: { zh: '司机', en: 'driver' },
  technician: { zh: '消毒技师', en: 'technician of sterile supply' },
  checker: { zh: '包装核对员', en: 'checker of packs' },
  releaser: { zh: '灭菌放行人', en: 'releaser of loads' },
  headnurse: { zh: '消毒供应护士长', en: 'head nurse of sterile supply' },
  infection: { zh: '院感专员', en: 'infection control' },
  dispatcher: { zh: '调度员', en: 'dispatcher' },
  sysadmin: { zh: '系统管理员', en: 'system administrator' },
  secadmin: { zh: '安全管理员', en: 'security administrator' },
  auditor: { zh: '审计员', en: 'auditor' },
  gateway: { zh: '接口系统', en: 'another system' },
};

/** The roles that may send a referral: by the API's policy, and out of a visit of follow-up. */
export const referringRoles: readonly Role[] = ['gp', 'specialist', 'desk', 'head'];
