/**
 * The texts of the messages. A message says which pathway, what happened, what to do and until when; nothing about the person it concerns:
 * an SMS or an e-mail is read on lock screens and passes through others' servers. The wordings stand with their pathways.
 */
import type { Language } from '../kit/language.ts';
import { findTexts, type PathwayKind, pathwayKinds, pathwayTexts } from '../kit/registry.ts';
import { toShanghaiClock } from '../time/shanghai.ts';
import { shortNumberOf } from './short-number.ts';
import type { Audience, MessageTexts, RungTemplate, Wording, Wordings } from './wording.ts';

/** Milliseconds since 1970 or an RFC 3339 instant. */
type Instant = number | string;

/** Texts are made of these parameters alone. Other parameters of a message are ignored, so that no personal data can slip into a text. */
export interface MessageParameters {
  /** The id of the pathway, of whatever kind it is. Stored messages have it under this name, so it stays. */
  referralId?: string | null;
  /** The instant until which the work has to be done. Only staff read it. */
  dueAt?: Instant | null;
  /** The instant at which an appointment begins. */
  startsAt?: Instant | null;
  /** The name of the clock whose time is running out, in the message of a rung. */
  clock?: string | null;
}

export interface MessageText {
  /** The subject of an e-mail. The body says everything without it, because an SMS has only the body. */
  subject: string;
  body: string;
}

type TemplateOf<Kind extends PathwayKind> = keyof (typeof pathwayTexts)[Kind]['messages']['staff'] & string;
type NamedTemplate = { [Kind in PathwayKind]: TemplateOf<Kind> }[PathwayKind];

/** The names that two pathways use for a template. A stored name would then mean two texts, so there must be none. */
type SharedTemplate = { [Kind in PathwayKind]: TemplateOf<Kind> & TemplateOf<Exclude<PathwayKind, Kind>> }[PathwayKind];
type NoneOf<Names extends never> = Names;

export type MessageTemplate = NamedTemplate | RungTemplate | NoneOf<SharedTemplate>;

/** The texts of a message whose pathway this version of the service does not know. They say only that something is to be done. */
const textsOfNoPathway: MessageTexts = {
  subject: { zh: '提醒', en: 'Reminder' },
  staff: {},
  patient: {},
  otherNewsForPatient: {
    zh: { what: '您有新的消息', todo: '咨询您的家庭医生' },
    en: { what: 'there is news for you', todo: 'ask your family doctor' },
  },
  workOfClock: {},
};

const anyWork = { zh: '登录系统处理', en: 'sign in and deal with it' };

function rungWordings(percent: number, { workOfClock, firstCall }: MessageTexts, clock: string | null | undefined): Wordings {
  const todo = (typeof clock === 'string' && Object.hasOwn(workOfClock, clock) && workOfClock[clock]) || anyWork;
  if (percent === 0 && firstCall) return firstCall;
  if (percent < 100)
    return {
      zh: { what: `处理时限已用 ${percent}%`, todo: todo.zh },
      en: { what: `${percent}% of the time is used`, todo: todo.en },
    };
  return {
    zh: { what: '已到时限仍未处理', todo: `尽快${todo.zh}`, late: true },
    en: { what: 'the time is over and it has not been dealt with', todo: `${todo.en} as soon as possible`, late: true },
  };
}

/** Returns the pathway whose texts have a template; undefined for a rung, which every pathway may send. */
const findKindOfTemplate = (template: string): PathwayKind | undefined =>
  pathwayKinds.find((kind) => Object.hasOwn(pathwayTexts[kind].messages.staff, template));

const rungPercent = (template: string): number | undefined => {
  const digits = /^rung-(\d{1,4})$/.exec(template)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Templates come out of the database as text: a newer version of the service may have written one that this one does not know. */
export const isMessageTemplate = (template: string): template is MessageTemplate =>
  findKindOfTemplate(template) !== undefined || rungPercent(template) !== undefined;

function wordingsOf(template: MessageTemplate, audience: Audience, texts: MessageTexts, clock: string | null | undefined): Wordings {
  if (audience === 'patient') return (Object.hasOwn(texts.patient, template) && texts.patient[template]) || texts.otherNewsForPatient;
  return (Object.hasOwn(texts.staff, template) && texts.staff[template]) || rungWordings(rungPercent(template) ?? 0, texts, clock);
}

/** Returns an instant as a wall clock in Asia/Shanghai shows it; undefined when the value is no instant. */
function toTimeText(instant: Instant, language: Language): string | undefined {
  const local = toShanghaiClock(typeof instant === 'number' ? instant : Date.parse(instant));
  if (Number.isNaN(local.getTime())) return undefined;
  const [date = '', time = ''] = local.toISOString().slice(0, 16).split('T');
  if (language === 'en') return `${date} ${time}`;
  return `${local.getUTCFullYear()}年${local.getUTCMonth() + 1}月${local.getUTCDate()}日 ${time}`;
}

/**
 * Returns the text of a message. It never throws: a sentence does without a parameter that is missing or unusable, because a message that says
 * less is better than none.
 */
export function renderMessage(message: {
  template: MessageTemplate;
  /**
   * The kind of the pathway that wrote the message. A rung has the same name in all pathways, so its texts depend on it. Null when it is
   * not known.
   */
  kind: string | null;
  parameters: MessageParameters;
  audience: Audience;
  language: Language;
}): MessageText {
  const { template, parameters, audience, language } = message;
  const kind = findKindOfTemplate(template) ?? message.kind;
  const texts = (kind === null ? undefined : findTexts(kind)?.messages) ?? textsOfNoPathway;
  const { what, todo, late }: Wording = wordingsOf(template, audience, texts, parameters.clock)[language];
  const number = typeof parameters.referralId === 'string' ? ` ${shortNumberOf(parameters.referralId)}` : '';
  const startsAt = timeOf(parameters.startsAt, language);
  const dueAt = audience === 'person' ? timeOf(parameters.dueAt, language) : undefined;
  const timeIsOver = late ? dueAt : undefined;
  const until = late ? undefined : dueAt;
  const { subject } = texts;
  if (language === 'zh') {
    const happened = `${subject.zh}${number}：${what}`;
    const when = (startsAt ? `，就诊时间 ${startsAt}` : '') + (timeIsOver ? `，时限为 ${timeIsOver}` : '');
    const task = todo ? `请${until ? `在 ${until} 前` : ''}${todo}。` : '';
    return { subject: happened, body: `${happened}${when}。${task}` };
  }
  const happened = `${subject.en}${number}: ${what}`;
  const when = (startsAt ? `, at ${startsAt} (Beijing time)` : '') + (timeIsOver ? `; it was due ${timeIsOver} (Beijing time)` : '');
  const task = todo ? ` Please ${todo}${until ? ` (by ${until}, Beijing time)` : ''}.` : '';
  return { subject: happened, body: `${happened}${when}.${task}` };
}

/** Parameters come out of the database untyped, so a value that is neither a number nor a text counts as no instant. */
const timeOf = (instant: unknown, language: Language): string | undefined =>
  typeof instant === 'number' || typeof instant === 'string' ? toTimeText(instant, language) : undefined;
