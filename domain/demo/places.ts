/** The institutions and departments of the demo alliance, in a city that does not exist. */

export interface DemoInstitution {
  /** `inst-` and its slug: `inst-h1`, `inst-c01`, `inst-cssd` */
  id: string;
  nameZh: string;
  nameEn: string;
  tier: 'tertiary' | 'secondary' | 'primary' | 'support';
  kind: 'hospital' | 'community-health-centre' | 'sterile-supply-department';
  addressZh: string;
  addressEn: string;
  /** No subscriber's number begins with 0, so nobody can be called by mistake. */
  telephone: string;
}

export interface DemoDepartment {
  /** `dept-`, the institution's slug and the code: `dept-h1-cardiology` */
  id: string;
  institutionId: string;
  code: string;
  nameZh: string;
  nameEn: string;
  isReferralDesk: boolean;
  /** Patients are treated here. */
  isClinical: boolean;
}

export interface DemoPlaces {
  institutions: DemoInstitution[];
  departments: DemoDepartment[];
}

/** An upward referral that nobody answers goes to these hospitals in this order. */
export const demoHospitalIds: readonly string[] = ['inst-h1', 'inst-h2', 'inst-h3'];

const hospitals: readonly DemoInstitution[] = [
  {
    id: 'inst-h1',
    nameZh: '临澜市人民医院',
    nameEn: 'Linlan People’s Hospital',
    tier: 'tertiary',
    kind: 'hospital',
    addressZh: '临澜市人民路100号',
    addressEn: '100 Renmin Road, Linlan',
    telephone: '010-05550001',
  },
  {
    id: 'inst-h2',
    nameZh: '临澜市第二人民医院',
    nameEn: 'Linlan Second People’s Hospital',
    tier: 'secondary',
    kind: 'hospital',
    addressZh: '临澜市东澜大道200号',
    addressEn: '200 Donglan Avenue, Linlan',
    telephone: '010-05550002',
  },
  {
    id: 'inst-h3',
    nameZh: '临澜市中医院',
    nameEn: 'Linlan Hospital of Traditional Chinese Medicine',
    tier: 'secondary',
    kind: 'hospital',
    addressZh: '临澜市杏林路300号',
    addressEn: '300 Xinglin Road, Linlan',
    telephone: '010-05550003',
  },
];

const sterileSupply: DemoInstitution = {
  id: 'inst-cssd',
  nameZh: '临澜市医联体消毒供应中心',
  nameEn: 'Linlan Alliance Central Sterile Supply Department',
  tier: 'support',
  kind: 'sterile-supply-department',
  addressZh: '临澜市人民路102号',
  addressEn: '102 Renmin Road, Linlan',
  telephone: '010-05550009',
};

/** The neighbourhoods that have a community health centre, in the order of the centres' numbers: c01 is the first. */
const neighbourhoods = `
  青石 Qingshi, 柳湾 Liuwan, 东澜 Donglan, 西澜 Xilan, 南澜 Nanlan, 北澜 Beilan,
  桂园 Guiyuan, 荷塘 Hetang, 松岗岭 Songgangling, 梅林坊 Meilinfang, 竹溪 Zhuxi, 兰苑 Lanyuan,
  渔港 Yugang, 盐埕 Yancheng, 石桥 Shiqiao, 古榕 Gurong, 凤鸣 Fengming, 龙潭 Longtan,
  白鹭洲 Bailuzhou, 红树湾 Hongshuwan, 月亮湾 Yueliangwan, 朝阳 Chaoyang, 新安里 Xin’anli, 和平 Heping,
  建设 Jianshe, 工人新村 Gongren Xincun, 文昌 Wenchang, 书院 Shuyuan, 学府 Xuefu, 科苑 Keyuan,
  高新 Gaoxin, 云峰 Yunfeng, 翠岭 Cuiling, 金沙 Jinsha, 银湖 Yinhu, 泉水 Quanshui,
  大埔头 Daputou, 望潮 Wangchao, 望海 Wanghai
`.split(',');

const centres: readonly DemoInstitution[] = neighbourhoods.map((neighbourhood, index) => {
  const [zh, ...en] = neighbourhood.trim().split(' ');
  return {
    id: `inst-c${String(index + 1).padStart(2, '0')}`,
    nameZh: `${zh}社康中心`,
    nameEn: `${en.join(' ')} Community Health Centre`,
    tier: 'primary',
    kind: 'community-health-centre',
    addressZh: `临澜市${zh}路${index + 1}号`,
    addressEn: `${index + 1} ${en.join(' ')} Road, Linlan`,
    telephone: `010-055501${String(index + 1).padStart(2, '0')}`,
  };
});

type DepartmentTemplate = readonly [code: string, zh: string, en: string];

const referralDesk: DepartmentTemplate = ['referral-desk', '转诊办公室', 'Referral desk'];

const clinicalEverywhere: readonly DepartmentTemplate[] = [
  ['emergency', '急诊科', 'Emergency'],
  ['cardiology', '心血管内科', 'Cardiology'],
  ['endocrinology', '内分泌科', 'Endocrinology'],
  ['neurology', '神经内科', 'Neurology'],
  ['nephrology', '肾内科', 'Nephrology'],
  ['general-surgery', '普通外科', 'General surgery'],
];

const clinicalTertiary: readonly DepartmentTemplate[] = [
  ['respiratory-medicine', '呼吸与危重症医学科', 'Respiratory medicine'],
  ['ophthalmology', '眼科', 'Ophthalmology'],
  ['rehabilitation', '康复医学科', 'Rehabilitation'],
];

const supportEverywhere: readonly DepartmentTemplate[] = [['pharmacy', '药学部', 'Pharmacy']];

const supportTertiary: readonly DepartmentTemplate[] = [
  ['alliance-office', '医联体办公室', 'Alliance office'],
  ['infection-control', '医院感染管理科', 'Infection control'],
  ['information', '信息科', 'Information technology'],
  ['audit', '审计科', 'Audit'],
];

function buildDepartment(
  institution: DemoInstitution,
  [code, nameZh, nameEn]: DepartmentTemplate,
  { isReferralDesk = false, isClinical = false } = {},
): DemoDepartment {
  const slug = institution.id.replace('inst-', '');
  return { id: `dept-${slug}-${code}`, institutionId: institution.id, code, nameZh, nameEn, isReferralDesk, isClinical };
}

function buildDepartments(institution: DemoInstitution): DemoDepartment[] {
  const isTertiary = institution.tier === 'tertiary';
  switch (institution.kind) {
    case 'hospital':
      return [
        buildDepartment(institution, referralDesk, { isReferralDesk: true }),
        ...[...clinicalEverywhere, ...(isTertiary ? clinicalTertiary : [])].map((template) =>
          buildDepartment(institution, template, { isClinical: true }),
        ),
        ...[...supportEverywhere, ...(isTertiary ? supportTertiary : [])].map((template) => buildDepartment(institution, template)),
      ];
    case 'community-health-centre':
      // A centre is too small for a referral desk of its own, so its general practice is the desk.
      return [buildDepartment(institution, ['general-practice', '全科', 'General practice'], { isReferralDesk: true, isClinical: true })];
    case 'sterile-supply-department':
      return [
        buildDepartment(institution, ['processing', '消毒灭菌组', 'Processing']),
        buildDepartment(institution, ['transport', '下收下送组', 'Transport']),
      ];
  }
}

/** Builds the same places for every seed. */
export function buildDemoPlaces(): DemoPlaces {
  const institutions = [...hospitals, ...centres, sterileSupply];
  return { institutions, departments: institutions.flatMap(buildDepartments) };
}
