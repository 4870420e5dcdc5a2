/** The referral slip (转诊单): the referral on paper, which goes with the patient. */

import type { ReferralRecord } from '../db/referral/referrals.ts';
import type { SlipSurroundings } from '../db/referral/slip.ts';
import { lastLeg, type Party } from '../domain/referral/state.ts';
import { businessStatusOf, type ReferralStatus } from '../domain/referral/transitions.ts';
import { toAgeWords } from '../domain/time/age-words.ts';
import { toShanghaiMinute } from '../domain/time/shanghai.ts';
import type { Block, PdfDocument } from './pdf/document.ts';
import { toDirectionWords, toPastAppointmentWords, toReasonWords, toStateWords, toUrgencyWords } from './referral-words.ts';
import { toSexWords, toShortNumber } from './words.ts';

const NO_VALUE = '—';
const toMinute = (at: number | null | undefined): string => (at === null || at === undefined ? NO_VALUE : toShanghaiMinute(at));

/** @param printedAt an instant in milliseconds on the pathway's own clock, which the demonstration may have moved forward */
export function buildReferralSlip(record: ReferralRecord, surroundings: SlipSurroundings, printedAt: number): PdfDocument {
  const { state } = record;
  const { patient } = surroundings;
  const number = toShortNumber(record.id);
  const age = toAgeWords(patient.birthDate, state.sentAt ?? printedAt);
  const marks = [...(state.emergency ? ['绿色通道'] : []), ...(state.status === 'draft' ? ['草稿'] : [])].join(' ');
  return {
    documentName: '转诊单',
    title: '双向转诊单',
    subtitle: toDirectionWords(state.direction),
    number,
    runningHead: [`转诊单 ${number}`, patient.name, toSexWords(patient.sex), age, marks].filter(Boolean).join('　'),
    printedAt: toShanghaiMinute(printedAt),
    blocks: [
      ...buildBanners(record),
      ...buildReferralBlocks(record, surroundings),
      ...buildPatientBlocks(surroundings, age, state.sentAt !== null),
      ...buildPartyBlocks(record, surroundings),
      ...buildClinicalBlocks(record),
      ...buildCourseBlocks(record, surroundings),
      { kind: 'signatures', labels: ['转出医师', '患者或家属', '接收医师'] },
    ],
    date: new Date(state.sentAt ?? state.endedAt ?? state.clock?.startedAt ?? 0),
  };
}

function buildBanners({ state }: ReferralRecord): Block[] {
  const banners: Block[] = [];
  if (state.emergency) banners.push({ kind: 'banner', text: '绿色通道　急诊患者，优先接诊', colour: 'green' });
  if (state.status === 'draft') banners.push({ kind: 'banner', text: '草稿　尚未发出', colour: 'grey' });
  return banners;
}

function buildReferralBlocks({ id, version, state, statusReason }: ReferralRecord, { overrideReason }: SlipSurroundings): Block[] {
  const status = state.status as ReferralStatus;
  const code = businessStatusOf(status);
  return [
    { kind: 'heading', text: '转诊' },
    {
      kind: 'fields',
      fields: [
        { label: '方向', value: toDirectionWords(state.direction), strong: true },
        { label: '紧急程度', value: `${toUrgencyWords(state.urgency)}${state.emergency ? '（急诊，绿色通道）' : ''}`, strong: true },
      ],
    },
    {
      kind: 'fields',
      fields: [
        { label: '状态', value: `${toStateWords(status, state.statusReason)}${code ? `（${code}）` : ''}` },
        { label: '发出时间', value: toMinute(state.sentAt) },
      ],
    },
    { kind: 'text', label: '单号', text: `${id}（第 ${version} 版）` },
    ...buildTextBlock('状态说明', statusReason && toReasonWords(statusReason)),
    ...buildTextBlock('替代转诊单', state.replacesId),
    ...buildTextBlock('再次转诊原因', overrideReason),
  ];
}

const buildTextBlock = (label: string, text: string | null): Block[] => (text === null ? [] : [{ kind: 'text', label, text }]);

function buildPatientBlocks({ patient }: SlipSurroundings, age: string, sent: boolean): Block[] {
  const ids = patient.localIds.map(({ system, value }) => `${value}（${system}）`);
  return [
    { kind: 'heading', text: '患者' },
    {
      kind: 'fields',
      fields: [
        { label: '姓名', value: patient.name, strong: true },
        { label: '性别', value: toSexWords(patient.sex) },
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
        { label: '电话', value: patient.phone ?? NO_VALUE },
        { label: '患者编号', value: patient.id },
      ],
    },
    { kind: 'text', label: '本地编号', text: ids.length > 0 ? ids.join('\n') : NO_VALUE },
  ];
}

const nameOf = (id: string, { placeNames }: SlipSurroundings): string => placeNames.get(id) ?? id;

/** The department that is asked. Where a referral names none, its institution's referral desk is. */
const departmentOf = ({ institutionId, departmentId }: Party, surroundings: SlipSurroundings): string =>
  departmentId === null ? (surroundings.deskNames.get(institutionId) ?? NO_VALUE) : nameOf(departmentId, surroundings);

function buildPartyBlocks({ state }: ReferralRecord, surroundings: SlipSurroundings): Block[] {
  const { initiatorName, senderName } = surroundings;
  const recipient: Party = lastLeg(state) ?? state.addressee;
  const { appointment } = state;
  return [
    { kind: 'heading', text: '转出方' },
    {
      kind: 'fields',
      fields: [
        { label: '机构', value: nameOf(state.initiator.institutionId, surroundings), strong: true },
        { label: '科室', value: state.initiator.departmentId ? nameOf(state.initiator.departmentId, surroundings) : NO_VALUE },
      ],
    },
    {
      kind: 'fields',
      fields: [
        { label: '申请人', value: initiatorName },
        { label: '发出人', value: senderName ?? NO_VALUE },
      ],
    },
    { kind: 'heading', text: '转入方' },
    {
      kind: 'fields',
      fields: [
        { label: '机构', value: nameOf(recipient.institutionId, surroundings), strong: true },
        { label: '科室', value: departmentOf(recipient, surroundings) },
      ],
    },
    {
      kind: 'text',
      label: '预约就诊',
      text: appointment ? `${toMinute(appointment.startsAt)} 至 ${toMinute(appointment.endsAt)}` : '未预约',
    },
  ];
}

function buildClinicalBlocks({ state, reason, summary, consent, managementPlan, informationQuestion }: ReferralRecord): Block[] {
  const asked = state.informationAskedAt === null ? null : `${toMinute(state.informationAskedAt)}　${informationQuestion ?? ''}`;
  return [
    { kind: 'heading', text: '病情' },
    { kind: 'text', label: '转诊原因', text: reason },
    { kind: 'text', label: '病情摘要', text: summary ?? NO_VALUE },
    { kind: 'text', label: '知情同意', text: toConsentText(consent) },
    ...(managementPlan === null || managementPlan === undefined ? [] : buildTextBlock('管理计划', toPlanText(managementPlan))),
    ...buildTextBlock('待补充信息', asked),
  ];
}

function toConsentText(consent: unknown): string {
  const { given, recordedAt } = (consent ?? {}) as { given?: boolean; recordedAt?: string };
  if (recordedAt === undefined) return '尚未登记';
  return `${given ? '已同意' : '未同意'}，登记于 ${toShanghaiMinute(Date.parse(recordedAt))}`;
}

/** Takes a plain text, or an object of named parts: each part gets a line of its own, and the items of a list get one each below its name. */
function toPlanText(plan: unknown): string {
  if (typeof plan !== 'object' || plan === null) return String(plan);
  const part = (value: unknown): string => {
    if (Array.isArray(value)) return value.map((item) => `\n· ${item}`).join('');
    return typeof value === 'boolean' ? (value ? '是' : '否') : String(value);
  };
  return Object.entries(plan)
    .map(([name, value]) => `${name}：${part(value)}`)
    .join('\n');
}

function buildCourseBlocks({ state }: ReferralRecord, surroundings: SlipSurroundings): Block[] {
  const { outcome } = surroundings;
  const rows = state.legs.map(({ n, from, to, endReason, ...party }) => [
    String(n),
    nameOf(party.institutionId, surroundings),
    departmentOf(party, surroundings),
    toMinute(from),
    toMinute(to),
    endReason === null ? NO_VALUE : toReasonWords(endReason === 'rejected' && state.statusReason === 'no-answer' ? 'no-answer' : endReason),
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
    ...buildTextBlock('就诊情况', state.pastAppointment && toPastAppointmentWords(state.pastAppointment)),
    ...buildTextBlock('诊疗结果', outcome),
    {
      kind: 'fields',
      fields: [
        { label: '结果审阅', value: toMinute(state.reviewedAt) },
        { label: '关闭时间', value: toMinute(state.closedAt) },
      ],
    },
  ];
}
