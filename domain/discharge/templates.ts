/** The templates of discharge orders as a document: by disease, what is asked of whom within which days after the discharge. */
import type { Cited, Source } from '../kit/citation.ts';
import type { Words } from '../kit/language.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { OperationSite, OrderKind } from './rules.ts';

export const joints = ['hip', 'knee'] as const;
export type Joint = (typeof joints)[number];

export type ItemWindow =
  /** Days after the discharge. */
  | { kind: 'days'; fromDay: number; toDay: number }
  /** As any other order of its kind. */
  | { kind: 'default' }
  /** Days after the operation, by its site. */
  | { kind: 'sutures'; site?: OperationSite | undefined }
  /** A medicine that is taken until so many days after the operation. */
  | { kind: 'course'; operationDays: Readonly<Record<Joint, number>> };

export interface TemplateItem extends Cited {
  kind: OrderKind;
  title: Words;
  window: ItemWindow;
  /** Each time it was done it is asked again, until another item of the template is due. */
  repeat?: { everyDays: number; until: string } | undefined;
}

export interface DischargeTemplate extends Cited {
  title: Words;
  /** The visit is due so many days after the discharge at the latest. */
  visitByDay: number;
  /** The first contact is as early as that of a patient at high risk. */
  earlyContact?: boolean | undefined;
  items: readonly TemplateItem[];
}

export interface DischargeTemplates {
  id: 'discharge-templates';
  version: number;
  title: Words;
  effectiveFrom: LocalDate;
  sources: Readonly<Record<string, Source>>;
  templates: readonly DischargeTemplate[];
}

export const findTemplate = ({ templates }: DischargeTemplates, code: string | null | undefined): DischargeTemplate | undefined =>
  templates.find(({ id }) => id === code);

export const findItem = (template: DischargeTemplate | undefined, code: string | null | undefined): TemplateItem | undefined =>
  template?.items.find(({ id }) => id === code);

/** True when one of the templates has an item of this code. */
export const isKnownItem = ({ templates }: DischargeTemplates, code: string): boolean =>
  templates.some((template) => findItem(template, code) !== undefined);
