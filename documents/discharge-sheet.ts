/**
 * The sheet that a patient takes home from hospital (出院后安排): what to do when and where, which medicines and until when they last, when to call 120 and
 * whom else. It is read by old people, so it is set in large type and without words of the trade. It names the patient, whom it is handed to, and nothing
 * that others should not read who find it: no diagnosis, no result, no number of any kind, no address, no relative.
 */
import type { SheetPlace, SheetSurroundings } from '../db/discharge/sheet.ts';
import type { OrderState } from '../domain/discharge/order.ts';
import { orderKindWords } from '../domain/discharge/order-kind-words.ts';
import { dischargedOnOf } from '../domain/discharge/owed-duties.ts';
import { type OrderKind, type Symptom, symptoms } from '../domain/discharge/rules.ts';
import { type DischargeState, findDuty, isClosed } from '../domain/discharge/state.ts';
import { judgeSymptoms } from '../domain/discharge/triage.ts';
import type { LocalDate } from '../domain/time/local-date.ts';
import { toShanghaiMinute } from '../domain/time/shanghai.ts';
import type { Block, PdfDocument } from './pdf/document.ts';
import { toPlainDose } from './plain-dose.ts';
import { toShortNumber } from './words.ts';

export interface SheetToPrint {
  pathwayId: string;
  state: DischargeState;
  /** The plan as it was written. */
  instructions: string;
  /** As an order was written, or what the template calls it. */
  titleOf(order: OrderState): string;
  /** The dose of a medicine as it was written; undefined where it was given in numbers. */
  doseOf(order: OrderState): string | undefined;
  surroundings: SheetSurroundings;
  /** In milliseconds. */
  printedAt: number;
}

export function buildDischargeSheet(sheet: SheetToPrint): PdfDocument {
  const { pathwayId, state, instructions, surroundings, printedAt } = sheet;
  const dischargedOn = dischargedOnOf(state);
  const open = state.orders.filter(({ status }) => status !== 'closed');
  const medicines = open.filter(({ given }) => given.kind === 'medicine');
  const others = open.filter(({ given }) => given.kind !== 'medicine').toSorted(byDueDate);
  return {
    documentName: '出院后安排',
    title: '出院后安排',
    subtitle: '',
    number: toShortNumber(pathwayId),
    runningHead: `出院后安排　${surroundings.patientName}`,
    printedAt: toShanghaiMinute(printedAt),
    textScale: 1.5,
    blocks: [
      { kind: 'text', label: '姓名', text: surroundings.patientName },
      { kind: 'text', label: '出院日期', text: dischargedOn === undefined ? '' : toDay(dischargedOn) },
      ...emergencyBlocks(state, surroundings),
      { kind: 'heading', text: '什么时候，做什么' },
      {
        kind: 'table',
        columns: [
          { title: '时间', share: 30 },
          { title: '做什么', share: 42 },
          { title: '找谁', share: 28 },
        ],
        rows: [...dutyRows(state, surroundings), ...others.map((order) => orderRow(sheet, order))],
      },
      ...medicineBlocks(sheet, medicines),
      ...(instructions === ''
        ? []
        : ([
            { kind: 'heading', text: '医生的嘱咐' },
            { kind: 'text', label: '请做到', text: instructions },
          ] as const)),
      { kind: 'heading', text: '有事打电话给谁' },
      { kind: 'text', label: '平时', text: toCall(surroundings.centre) },
      { kind: 'text', label: '住过的医院', text: toCall(surroundings.hospital) },
    ],
    date: new Date(printedAt),
  };
}

const toDay = (on: LocalDate): string => {
  const [year, month, day] = on.split('-').map(Number);
  return `${year}年${month}月${day}日`;
};
const withoutYear = (on: LocalDate): string => toDay(on).replace(/^\d+年/, '');

/** The year stands at the end only where it is not that of the beginning. */
const toSpan = (opensOn: LocalDate | null, dueOn: LocalDate): string =>
  opensOn === null || opensOn >= dueOn
    ? toDay(dueOn)
    : `${toDay(opensOn)}至${opensOn.slice(0, 4) === dueOn.slice(0, 4) ? withoutYear(dueOn) : toDay(dueOn)}`;

const LATER = '日期定下后通知您';
const byDueDate = (a: OrderState, b: OrderState): number => ((a.dueOn ?? '9') < (b.dueOn ?? '9') ? -1 : 1);

const toCall = ({ name, address, telephone }: SheetPlace): string =>
  [name, telephone === null ? null : `电话 ${telephone}`, address === null ? null : `地址 ${address}`]
    .filter((part) => part !== null)
    .join('\n');

/** What a symptom is called at home. */
const symptomWords: Record<Symptom, string | null> = {
  'chest-pain': '胸口痛、胸口压得慌',
  'breathless-at-rest': '坐着躺着也喘不上气',
  syncope: '晕倒',
  'altered-consciousness': '叫不醒、说胡话',
  'face-arm-speech': '嘴歪、一边手脚没力、说话不清',
  'heavy-bleeding': '出血很多、止不住',
  'low-glucose': '低血糖：出冷汗、手抖、心慌、发晕',
  'weight-gain': '3天内体重增加2公斤以上',
  oedema: '脚、小腿浮肿',
  fever: '发烧',
  'wound-infection': '伤口红肿、流脓、裂开',
  'leg-swelling': '一条腿又肿又痛',
  'severe-pain': '痛得厉害',
  vomiting: '吐得厉害、吃不下',
  palpitations: '心慌、心跳乱',
  'breathless-on-exertion': '走几步就喘',
  other: null,
};

function emergencyBlocks(state: DischargeState, { centre }: SheetSurroundings): Block[] {
  const given = state.orders.map((order) => order.given);
  const wordsAt = (level: 'emergency' | 'urgent') =>
    symptoms
      .filter((symptom) => judgeSymptoms(state.rules, [symptom], given, 0)?.level === level)
      .flatMap((symptom) => symptomWords[symptom] ?? []);
  const phone = centre.telephone === null ? '' : `（电话 ${centre.telephone}）`;
  return [
    { kind: 'heading', text: '出现下面的情况，马上打120' },
    { kind: 'text', label: '马上打120', text: wordsAt('emergency').join('；') },
    {
      kind: 'text',
      label: '当天打电话',
      text: `${wordsAt('urgent').join('；')}。\n请当天告诉${centre.name}${phone}，打不通就去医院看急诊。`,
    },
  ];
}

/** What is owed to everybody. Only what the patient has a part in: nobody else reads this. */
function dutyRows(state: DischargeState, { centre, hospital }: SheetSurroundings): string[][] {
  const rows: string[][] = [];
  const contact = findDuty(state, 'contact');
  if (contact && !isClosed(contact) && contact.dueOn !== null)
    rows.push([`${toDay(contact.dueOn)}以前`, '医护人员打电话问您的情况，请接听', '在家等电话']);
  const visit = findDuty(state, 'visit');
  if (visit && !isClosed(visit) && visit.dueOn !== null)
    rows.push([
      toSpan(visit.opensOn, visit.dueOn),
      '看医生，带上这张纸和所有的药',
      visit.owner.side === 'hospital' ? hospital.name : centre.name,
    ]);
  return rows;
}

/** What comes before the title that somebody has written, where it does not say by itself what to do. */
const doing: Partial<Record<OrderKind, string>> = {
  revisit: '复诊：',
  retest: '复查：',
  'pending-result': '等结果，出来后会告诉您：',
  vaccination: '打疫苗：',
  wound: '换药、看伤口：',
};

function orderRow({ titleOf, surroundings: { hospital, centre } }: SheetToPrint, order: OrderState): string[] {
  const { given, opensOn, dueOn, owner } = order;
  const isWaitedFor = given.kind === 'pending-result';
  const when = dueOn === null ? LATER : isWaitedFor ? `大约${toDay(dueOn)}` : toSpan(opensOn, dueOn);
  const title = titleOf(order);
  const what = title === orderKindWords[given.kind] ? title : `${doing[given.kind] ?? ''}${title}`;
  return [when, what, owner.side === 'hospital' ? hospital.name : centre.name];
}

function medicineBlocks(sheet: SheetToPrint, medicines: readonly OrderState[]): Block[] {
  if (medicines.length === 0) return [];
  return [
    { kind: 'heading', text: '要吃（用）的药' },
    {
      kind: 'table',
      columns: [
        { title: '药', share: 36 },
        { title: '怎么用', share: 30 },
        { title: '够用到、什么时候再拿', share: 34 },
      ],
      rows: medicines.map((order) => [sheet.titleOf(order), toDose(sheet, order), toSupply(order)]),
    },
    { kind: 'text', label: '请记住', text: '不要自己停药、加药、减药。不舒服、吃不下、买不到、觉得贵，都先打电话给我们。' },
  ];
}

function toDose({ doseOf }: SheetToPrint, order: OrderState): string {
  const written = doseOf(order);
  if (written !== undefined) return toPlainDose(written);
  const { medicine } = order;
  if (medicine === null) return '用法请问医生';
  return medicine.asNeeded ? '需要时用' : `每天共${medicine.perDay}${medicine.unit}`;
}

function toSupply({ medicine, dueOn, opensOn }: OrderState): string {
  if (medicine?.asNeeded) return '需要时用';
  const supply = medicine?.supply;
  if (!supply) return LATER;
  const lasts = `够用到${toDay(supply.endOn)}`;
  return medicine.isRefill && dueOn !== null ? `${lasts}。\n${toSpan(opensOn, dueOn)}再拿药` : `${lasts}，用完为止`;
}
