/** What stands on a referral's slip, in the order in which it is read; how it looks is layout.ts. */

import type { ReferralRecord } from '../db/referral/referrals.ts';
import type { SlipSurroundings } from '../db/referral/slip.ts';
import { lastLeg, type Party } from '../domain/referral/state.ts';
import { businessStatusOf, type ReferralStatus } from '../domain/referral/transitions.ts';
import { ageWords, shanghaiMinute } from '../domain/time/shanghai.ts';
import { directionWords, reasonWords, sexWords, shortNumber, statusWords, urgencyWords } from './words.ts';

export interface Field {
  label: string;
  value: string;
  /** set in bold */
  strong?: boolean;
}

export type Block =
  | { kind: 'banner'; text: string; colour: 'green' | 'grey' }
  | { kind: 'heading'; text: string }
  /** side by side */
  | { kind: 'fields'; fields: Field[] }
  /** goes on over as many pages as it needs */
  | { kind: 'text'; label: string; text: string }
  | { kind: 'table'; columns: { title: string; share: number }[]; rows: string[][] }
  | { kind: 'signatures'; labels: string[] };

export interface Slip {
  /** what the foot calls it */
  paper: string;
  title: string;
  subtitle: string;
  number: string;
  /** tops every page after the first, in case they are parted */
  runningHead: string;
  printedAt: string;
  blocks: Block[];
  /** of the referral itself, so that the same data make the same file */
  date: Date;
}

const nothing = '—';
const minute = (at: number | null | undefined): string => (at === null || at === undefined ? nothing : shanghaiMinute(at));

/** `printedAt`: on the pathway's own clock */
export function slipOf(record: ReferralRecord, around: SlipSurroundings, printedAt: number): Slip {
  const { state } = record;
  const { patient } = around;
  const number = shortNumber(record.id);
  const age = ageWords(patient.birthDate, state.sentAt ?? printedAt);
  const marks = [...(state.emergency ? ['绿色通道'] : []), ...(state.status === 'draft' ? ['草稿'] : [])].join(' ');
  return {
    paper: '转诊单',
    title: '双向转诊单',
    subtitle: directionWords(state.direction),
    number,
    runningHead: [`转诊单 ${number}`, patient.name, sexWords(patient.sex), age, marks].filter(Boolean).join('　'),
    printedAt: shanghaiMinute(printedAt),
    blocks: [
      ...banners(record),
      ...referralBlocks(record, around),
      ...patientBlocks(around, age, state.sentAt !== null),
      ...partyBlocks(record, around),
      ...clinicalBlocks(record),
      ...courseBlocks(record, around),
      { kind: 'signatures', labels: ['转出医师', '患者或家属', '接收医师'] },
    ],
    date: new Date(state.sentAt ?? state.endedAt ?? state.clock?.startedAt ?? 0),
  };
}

function banners({ state }: ReferralRecord): Block[] {
  const banners: Block[] = [];
  if (state.emergency) banners.push({ kind: 'banner', text: '绿色通道　急诊患者，优先接诊', colour: 'green' });
  if (state.status === 'draft') banners.push({ kind: 'banner', text: '草稿　尚未发出', colour: 'grey' });
  return banners;
}

function referralBlocks({ id, version, state, statusReason }: ReferralRecord, { overrideReason }: SlipSurroundings): Block[] {
  const status = state.status as ReferralStatus;
  const code = businessStatusOf(status);
  return [
    { kind: 'heading', text: '转诊' },
    {
      kind: 'fields',
      fields: [
        { label: '方向', value: directionWords(state.direction), strong: true },
        { label: '紧急程度', value: `${urgencyWords(state.urgency)}${state.emergency ? '（急诊，绿色通道）' : ''}`, strong: true },
      ],
    },
    {
      kind: 'fields',
      fields: [
        { label: '状态', value: `${statusWords(status)}${code ? `（${code}）` : ''}` },
        { label: '发出时间', value: minute(state.sentAt) },
      ],
    },
    { kind: 'text', label: '单号', text: `${id}（第 ${version} 版）` },
    ...textBlock('状态说明', statusReason && reasonWords(statusReason)),
    ...textBlock('替代转诊单', state.replacesId),
    ...textBlock('再次转诊原因', overrideReason),
  ];
}

const textBlock = (label: string, text: string | null): Block[] => (text === null ? [] : [{ kind: 'text', label, text }]);

function patientBlocks({ patient }: SlipSurroundings, age: string, sent: boolean): Block[] {
  const ids = patient.localIds.map(({ system, value }) => `${value}（${system}）`);
  return [
    { kind: 'heading', text: '患者' },
    {
      kind: 'fields',
      fields: [
        { label: '姓名', value: patient.name, strong: true },
        { label: '性别', value: sexWords(patient.sex) },
      ],
    },
    {
      kind: 'fields',
      fields: [
        { label: '出生日期', value: patient.birthDate },
        { label: sent ? '转诊时年龄' : '年龄', value: age },
      ],
    },
    {
      kind: 'fields',
      fields: [
        { label: '电话', value: patient.phone ?? nothing },
        { label: '患者编号', value: patient.id },
      ],
    },
    { kind: 'text', label: '本地编号', text: ids.length > 0 ? ids.join('\n') : nothing },
  ];
}

const nameOf = (id: string, { placeNames }: SlipSurroundings): string => placeNames.get(id) ?? id;

/** Of whoever is asked. */
const departmentOf = ({ institutionId, departmentId }: Party, around: SlipSurroundings): string =>
  departmentId === null ? (around.deskNames.get(institutionId) ?? nothing) : nameOf(departmentId, around);

function partyBlocks({ state }: ReferralRecord, around: SlipSurroundings): Block[] {
  const { initiatorName, senderName } = around;
  const recipient: Party = lastLeg(state) ?? state.addressee;
  const { appointment } = state;
  return [
    { kind: 'heading', text: '转出方' },
    {
      kind: 'fields',
      fields: [
        { label: '机构', value: nameOf(state.initiator.institutionId, around), strong: true },
        { label: '科室', value: state.initiator.departmentId ? nameOf(state.initiator.departmentId, around) : nothing },
      ],
    },
    {
      kind: 'fields',
      fields: [
        { label: '申请人', value: initiatorName },
        { label: '发出人', value: senderName ?? nothing },
      ],
    },
    { kind: 'heading', text: '转入方' },
    {
      kind: 'fields',
      fields: [
        { label: '机构', value: nameOf(recipient.institutionId, around), strong: true },
        { label: '科室', value: departmentOf(recipient, around) },
      ],
    },
    { kind: 'text', label: '预约就诊', text: appointment ? `${minute(appointment.startsAt)} 至 ${minute(appointment.endsAt)}` : '未预约' },
  ];
}

function clinicalBlocks({ state, reason, summary, consent, managementPlan, informationQuestion }: ReferralRecord): Block[] {
  const asked = state.informationAskedAt === null ? null : `${minute(state.informationAskedAt)}　${informationQuestion ?? ''}`;
  return [
    { kind: 'heading', text: '病情' },
    { kind: 'text', label: '转诊原因', text: reason },
    { kind: 'text', label: '病情摘要', text: summary ?? nothing },
    { kind: 'text', label: '知情同意', text: consentText(consent) },
    ...(managementPlan === null || managementPlan === undefined ? [] : textBlock('管理计划', planText(managementPlan))),
    ...textBlock('待补充信息', asked),
  ];
}

function consentText(consent: unknown): string {
  const { given, recordedAt } = (consent ?? {}) as { given?: boolean; recordedAt?: string };
  if (recordedAt === undefined) return '尚未登记';
  return `${given ? '已同意' : '未同意'}，登记于 ${shanghaiMinute(Date.parse(recordedAt))}`;
}

/** A text, or named parts: each on a line of its own, lists under their name. */
function planText(plan: unknown): string {
  if (typeof plan !== 'object' || plan === null) return String(plan);
  const part = (value: unknown): string => {
    if (Array.isArray(value)) return value.map((item) => `\n· ${item}`).join('');
    return typeof value === 'boolean' ? (value ? '是' : '否') : String(value);
  };
  return Object.entries(plan)
    .map(([name, value]) => `${name}：${part(value)}`)
    .join('\n');
}

function courseBlocks({ state }: ReferralRecord, around: SlipSurroundings): Block[] {
  const rows = state.legs.map(({ n, from, to, endReason, ...party }) => [
    String(n),
    nameOf(party.institutionId, around),
    departmentOf(party, around),
    minute(from),
    minute(to),
    endReason === null ? nothing : reasonWords(endReason),
  ]);
  const columns = [
    { title: '序', share: 5 },
    { title: '机构', share: 25 },
    { title: '科室', share: 16 },
    { title: '自', share: 18.5 },
    { title: '至', share: 18.5 },
    { title: '结束原因', share: 17 },
  ];
  return [
    { kind: 'heading', text: '转诊经过' },
    ...(rows.length > 0 ? [{ kind: 'table' as const, columns, rows }] : []),
    {
      kind: 'fields',
      fields: [
        { label: '结果审阅', value: minute(state.reviewedAt) },
        { label: '关闭时间', value: minute(state.closedAt) },
      ],
    },
  ];
}
