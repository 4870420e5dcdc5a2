/** What the groups of operations are about, for whoever reads the contract. */

const words: Readonly<Record<string, string>> = {
  audit: '审计 / The audit and the keys it is checked by',
  calendars: '工作日历 / Working days',
  capacity: '承载能力 / Capacity',
  command: '已存储的指令 / Commands that were stored',
  configuration: '联盟配置 / What the alliance has agreed on',
  demo: '演示模式 / Demo mode only',
  directory: '机构、科室与人员 / Institutions, departments and staff',
  discrepancy: '账实不符 / Things that are not where the ledger says',
  'exchange-slip': '换物单 / Slips of sterile instruments',
  fact: '外部事实 / What other systems report',
  fhir: 'HL7 FHIR R4',
  discharge: '出院后安排 / What is owed after a stay in hospital',
  'follow-up': '慢病随访 / Follow-up of chronic patients',
  hl7v2: 'HL7 v2',
  import: '文件导入 / Files that fill the directory',
  'identity-review': '身份核对 / Who is meant',
  indicators: '指标 / Indicators',
  lesson: '健康教育内容 / Lessons',
  letter: '信函 / Letters',
  'message-template': '短信文本 / Texts of messages',
  pathway: '路径 / Pathways',
  patient: '患者 / Patients',
  problem: '错误码 / What a refusal means',
  protocols: '随访规则 / Protocols',
  reading: '读数 / Readings',
  recall: '召回 / Recalls',
  referral: '转诊 / Referral',
  session: '登录 / Sessions',
  'sterile-supply': '消毒供应 / Sterile supply',
  'supply-round': '下收下送 / Rounds',
  worklist: '待办 / Worklist',
};

/** A new group is described by its name until somebody has written what it is about. */
export const tagWords = (tag: string): string => words[tag] ?? tag;
