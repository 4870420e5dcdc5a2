/**
 * The texts of the messages. A message says which pathway, what happened, what to do and until when; nothing about the person it concerns:
 * an SMS or an e-mail is read on lock screens and passes through others' servers. The wordings stand with their pathways.
 */
import type { Language, Words } from '../kit/language.ts';
import { findTexts, type PathwayKind, pathwayKinds, pathwayTexts } from '../kit/registry.ts';
import { toShanghaiClock } from '../time/shanghai.ts';
import { accountLockedTemplate, accountTexts } from './account-texts.ts';
import { bundleTemplate, fillBundle, type PartToFill, toPartWords } from './bundle-text.ts';
import { contactTemplate, contactText } from './contact-rung.ts';
import { fillPlaceholders } from './placeholders.ts';
import {
  fillResidentText,
  type MessageSecrets,
  type Place,
  placeholderValues,
  type ResidentFacts,
  type ResidentText,
} from './resident-text.ts';
import { shortNumberOf } from './short-number.ts';
import type { Audience, MessageTexts, RungTemplate, Wording, Wordings } from './wording.ts';

/** Milliseconds since 1970 or an RFC 3339 instant. */
type Instant = number | string;

/** Texts are made of these parameters alone. Other parameters of a message are ignored, so that no personal data can slip into a text. */
export interface MessageParameters {
  /** The id of the pathway, of whatever kind it is. Stored messages have it under this name, so it stays. */
  referralId?: string | null;
  /** The instant until which the work has to be done; for a patient, the last day. */
  dueAt?: Instant | null;
  /** The instant at which an appointment begins. */
  startsAt?: Instant | null;
  /** The instant at which an appointment would have begun that is cancelled. */
  lostStartsAt?: Instant | null;
  /** What is to be examined asks for an empty stomach. */
  fasting?: boolean | null;
  /** The name of the clock whose time is running out, in the message of a rung. */
  clock?: string | null;
}

export interface MessageText {
  /** The subject of an e-mail. The body says everything without it, because an SMS has only the body. */
  subject: string;
  body: string;
}

type MessagesOf<Kind extends PathwayKind> = (typeof pathwayTexts)[Kind]['messages'];
type TemplateOf<Kind extends PathwayKind> = (keyof MessagesOf<Kind>['staff'] | keyof MessagesOf<Kind>['patient']) & string;
type NamedTemplate = { [Kind in PathwayKind]: TemplateOf<Kind> }[PathwayKind];

/** The names that two pathways use for a template. A stored name would then mean two texts, so there must be none. */
type SharedTemplate = { [Kind in PathwayKind]: TemplateOf<Kind> & TemplateOf<Exclude<PathwayKind, Kind>> }[PathwayKind];
type NoneOf<Names extends never> = Names;

export type MessageTemplate =
  | NamedTemplate
  | RungTemplate
  | typeof contactTemplate
  | typeof bundleTemplate
  | typeof accountLockedTemplate
  | NoneOf<SharedTemplate>;

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
  pathwayKinds.find((kind) => {
    const { staff, patient }: MessageTexts = pathwayTexts[kind].messages;
    return Object.hasOwn(staff, template) || Object.hasOwn(patient, template);
  });

const rungPercent = (template: string): number | undefined => {
  const digits = /^rung-(\d{1,4})$/.exec(template)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Templates come out of the database as text: a newer version of the service may have written one that this one does not know. */
export const isMessageTemplate = (template: string): template is MessageTemplate =>
  findKindOfTemplate(template) !== undefined ||
  rungPercent(template) !== undefined ||
  template === contactTemplate ||
  template === bundleTemplate ||
  template === accountLockedTemplate;

const staffWordings = (template: MessageTemplate, texts: MessageTexts, clock: string | null | undefined): Wordings =>
  (Object.hasOwn(texts.staff, template) && texts.staff[template]) || rungWordings(rungPercent(template) ?? 0, texts, clock);

/** Every text for residents and their contacts that is shipped, by the name of its template. */
export const residentTexts: Readonly<Record<string, ResidentText>> = Object.assign(
  { [contactTemplate]: contactText },
  ...pathwayKinds.map((kind): MessageTexts['patient'] => pathwayTexts[kind].messages.patient),
);

/** Returns the shipped text of a template for residents; undefined where there is none of its own. */
export const findResidentText = (template: string): ResidentText | undefined =>
  Object.hasOwn(residentTexts, template) ? residentTexts[template] : undefined;

/** Returns an instant, in milliseconds, as a wall clock in Asia/Shanghai shows it. */
function toTimeText(at: number, language: Language): string {
  const local = toShanghaiClock(at);
  const [date = '', time = ''] = local.toISOString().slice(0, 16).split('T');
  if (language === 'en') return `${date} ${time}`;
  return `${local.getUTCFullYear()}年${local.getUTCMonth() + 1}月${local.getUTCDate()}日 ${time}`;
}

/** What stands around a message at the moment in which its text is made. */
export interface Surroundings {
  /** The resident's own centre. */
  centre: Place | null;
  /** The institution that the message is about. */
  place: Place | null;
  /** The text that the alliance has published in place of the shipped one. */
  published?: Words | undefined;
  /** The present instant on the clock of the pathway, in milliseconds: a time that lies before it is over. */
  now?: number | undefined;
  /** Of a message that has parts: those that are still meant, in the order in which they were written. */
  parts?: readonly SurroundedPart[] | undefined;
  /** What only the reader may have; left out wherever a text is shown to anybody else. */
  secrets?: MessageSecrets | undefined;
}

/** A part of a message, as far as its text needs it. */
export interface SurroundedPart {
  template: string;
  kind: string | null;
  parameters: MessageParameters;
  place: Place | null;
  published?: Words | undefined;
}

const nothingKnown: Surroundings = { centre: null, place: null };

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
  /** Nothing is known of them when they are left out. */
  around?: Surroundings;
}): MessageText {
  const { template, parameters, audience, language, around = nothingKnown } = message;
  if (template === bundleTemplate) return bundleMessage(around, language);
  const texts = template === accountLockedTemplate ? accountTexts : textsOf(findKindOfTemplate(template) ?? message.kind);
  return audience === 'patient'
    ? residentMessage(template, texts, parameters, language, around)
    : staffMessage(staffWordings(template, texts, parameters.clock)[language], texts, parameters, language, around.now);
}

const textsOf = (kind: string | null): MessageTexts => (kind === null ? undefined : findTexts(kind)?.messages) ?? textsOfNoPathway;

function residentMessage(
  template: string,
  texts: MessageTexts,
  parameters: MessageParameters,
  language: Language,
  { centre, place, published, secrets }: Surroundings,
): MessageText {
  const shipped = findResidentText(template);
  const facts = { ...factsOf(shipped, parameters, { centre, place }), secrets };
  const body = shipped ? fillResidentText(published ?? shipped, facts, language) : otherNews(texts, facts, language);
  return { subject: texts.subject[language], body };
}

const factsOf = (
  shipped: ResidentText | undefined,
  parameters: MessageParameters,
  { centre, place }: Pick<Surroundings, 'centre' | 'place'>,
): ResidentFacts => ({
  centre,
  place: shipped?.at === 'centre' ? centre : place,
  number: shortNumberIn(parameters) ?? null,
  startsAt: instantIn(parameters.startsAt) ?? instantIn(parameters.lostStartsAt) ?? null,
  dueAt: instantIn(parameters.dueAt) ?? null,
  fasting: parameters.fasting === true,
});

/** A part that is left alone is told as it would be by itself. */
function bundleMessage({ centre, parts = [] }: Surroundings, language: Language): MessageText {
  const [only] = parts;
  if (only && parts.length === 1 && isMessageTemplate(only.template)) {
    const { template, kind, parameters, place, published } = only;
    return renderMessage({ template, kind, parameters, audience: 'patient', language, around: { centre, place, published } });
  }
  const toFill = parts.flatMap(({ template, parameters, place, published }): PartToFill[] => {
    const shipped = findResidentText(template);
    if (shipped?.sending !== 'with-others') return [];
    return [{ words: published ? toPartWords(published) : shipped.inBundle, facts: factsOf(shipped, parameters, { centre, place }) }];
  });
  return { subject: textsOfNoPathway.subject[language], body: fillBundle(toFill, language) };
}

/** A resident reads this of a template that has no text for residents. */
function otherNews({ otherNewsForPatient }: MessageTexts, facts: ResidentFacts, language: Language): string {
  const { what, todo } = otherNewsForPatient[language];
  const text =
    language === 'zh'
      ? `[【{centre}】]您好，${what}${todo ? `，请${todo}` : ''}[，电话{contact}]。[编号{number}]`
      : `[{centre}: ]Hello, ${what}${todo ? `; please ${todo}` : ''}[, telephone {contact}].[ No. {number}]`;
  return fillPlaceholders(text, placeholderValues(facts, language));
}

function staffMessage(
  { what, todo, late }: Wording,
  { subject }: MessageTexts,
  parameters: MessageParameters,
  language: Language,
  now: number | undefined,
): MessageText {
  const number = shortNumberIn(parameters);
  const numbered = number === undefined ? '' : ` ${number}`;
  const [startsAt, dueAt] = [instantIn(parameters.startsAt), instantIn(parameters.dueAt)];
  const isPast = (at: number | undefined): boolean => now !== undefined && at !== undefined && at <= now;
  const startsText = startsAt === undefined ? undefined : toTimeText(startsAt, language);
  const dueText = dueAt === undefined ? undefined : toTimeText(dueAt, language);
  const isOver = late || isPast(dueAt);
  if (language === 'zh') {
    const happened = `${subject.zh}${numbered}：${what}`;
    const starts = startsText ? `，就诊时间 ${startsText}${isPast(startsAt) ? '（已过）' : ''}` : '';
    const over = isOver && dueText ? (late ? `，时限为 ${dueText}` : `，时限 ${dueText} 已过`) : '';
    const task = todo ? `请${isOver || !dueText ? hurryIn('zh', todo, isOver && !late) : `在 ${dueText} 前${todo}`}。` : '';
    return { subject: happened, body: `${happened}${starts}${over}。${task}` };
  }
  const happened = `${subject.en}${numbered}: ${what}`;
  const starts = startsText ? `, at ${startsText} (Beijing time)${isPast(startsAt) ? ', which is over' : ''}` : '';
  const over = isOver && dueText ? `; it was due ${dueText} (Beijing time)` : '';
  const until = !isOver && dueText ? ` (by ${dueText}, Beijing time)` : '';
  const task = todo ? ` Please ${hurryIn('en', todo, isOver && !late)}${until}.` : '';
  return { subject: happened, body: `${happened}${starts}${over}.${task}` };
}

/** Says that it is urgent by now, unless the words say so already. */
function hurryIn(language: Language, todo: string, hurries: boolean): string {
  if (!hurries || /尽快|立即|at once|as soon as possible/.test(todo)) return todo;
  return language === 'zh' ? `尽快${todo}` : `${todo} as soon as possible`;
}

/** Parameters come out of the database untyped, so a value that is neither a number nor a text counts as no instant. */
function instantIn(value: unknown): number | undefined {
  const at = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(new Date(at).getTime()) ? undefined : at;
}

const shortNumberIn = ({ referralId }: MessageParameters): string | undefined =>
  typeof referralId === 'string' ? shortNumberOf(referralId) : undefined;
