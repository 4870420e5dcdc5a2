/** What is said of an entry of a transaction of a stay: why it is held, and what of it is not taken over. */
import type { HeldReason } from '../../../domain/discharge/sent-orders.ts';
import type { Words } from '../../../domain/kit/language.ts';

/** What the sender is told of an entry that is an order all the same. */
export type Remark =
  | 'dose-not-read'
  | 'supply-not-read'
  | 'period-not-read'
  | 'no-identifier'
  | 'taken-back'
  | 'order-closed'
  | 'held-for-review';

export interface Issue {
  code: HeldReason | Remark;
  /** The place in the Bundle. */
  at: string;
}

export const heldWords: Record<HeldReason, Words> = {
  'modifier-extension': { zh: '含有会改变原意的扩展', en: 'an extension could turn its meaning round' },
  'not-readable': { zh: '内容不符合 FHIR R4', en: 'is not of the form that FHIR R4 gives it' },
  'not-an-order': { zh: '不是已下达的医嘱', en: 'is no order but an intention' },
  'not-in-force': { zh: '此状态的医嘱不执行', en: 'an order of this status is not in force' },
  'not-to-be-done': { zh: '此项为“不执行”', en: 'says what is not to be done' },
  'another-patient': { zh: '不是就诊记录中的患者', en: 'is not said to be about the patient of the Encounter' },
  'another-stay': { zh: '不属于本次住院', en: 'belongs to another encounter' },
  'not-a-stay': { zh: '本次就诊不是有效的住院', en: 'the Encounter is no stay in hospital that stands' },
  'kind-unknown': { zh: '类别不明', en: 'the category says no kind of order, or several' },
  'template-unknown': { zh: '没有这个模板', en: 'the category names no template, or several' },
  'title-missing': { zh: '没有名称', en: 'has no name' },
  'too-long': { zh: '文字过长', en: 'is too long' },
  'date-not-readable': { zh: '日期无法读取', en: 'its dates cannot be read' },
  'nothing-to-withdraw': { zh: '没有标识，无法撤销', en: 'has no identifier, so that nothing can be withdrawn' },
  'same-number-twice': { zh: '同一标识出现两次', en: 'the same identifier stands there twice' },
  'not-taken': { zh: '不采用此类资源', en: 'a resource of this type is not taken' },
};

export const remarkWords: Record<Remark, Words> = {
  'dose-not-read': { zh: '用法无法读取，由药师核定', en: 'how it is taken cannot be read; a pharmacist looks at it' },
  'supply-not-read': { zh: '数量无法读取，由药师核定', en: 'how much was handed out cannot be read; a pharmacist looks at it' },
  'period-not-read': { zh: '用药起止无法读取', en: 'from when until when cannot be read' },
  'no-identifier': { zh: '没有标识，以后无法更改', en: 'has no identifier, so that no later message can change it' },
  'taken-back': { zh: '已按此撤销医嘱', en: 'the order is taken back by this' },
  'order-closed': { zh: '该医嘱事项已结束，未作更改', en: 'the order is closed already and stays as it is' },
  'held-for-review': { zh: '已保存，须先核对患者身份', en: 'kept until people have said whom the message means' },
};
