/** The plan that the ward writes at a discharge: what it has to say, and which orders its template adds. */
import type { LocalDate } from '../time/local-date.ts';
import type { GivenOrder, OrderState } from './order.ts';
import { dateOrder, findSutureWindow, type OrderGround } from './order-dates.ts';
import type { RiskInputs } from './risk.ts';
import type { OperationSite } from './rules.ts';
import { type DischargeTemplates, findItem, findTemplate, isKnownItem, type Joint, type TemplateItem } from './templates.ts';

export const carriedActions = ['continue', 'replace', 'stop'] as const;
export type CarriedAction = (typeof carriedActions)[number];

export interface GivenPlan {
  template?: string | undefined;
  without?: readonly string[] | undefined;
  diagnoses?: readonly { code: string; text: string }[] | undefined;
  procedures?: readonly unknown[] | undefined;
  responsibleClinician?: string | undefined;
  allergies?: readonly unknown[] | undefined;
  instructions?: string | undefined;
  noMedication?: boolean | undefined;
  noPendingResults?: boolean | undefined;
  operatedOn?: LocalDate | undefined;
  site?: OperationSite | undefined;
  joint?: Joint | undefined;
  riskInputs?: RiskInputs | undefined;
  orders: readonly GivenOrder[];
  carried?: readonly { orderId: string; action: CarriedAction }[] | undefined;
}

/** A place in the plan that names what there is not. */
export interface PlanProblem {
  path: string;
  unknown: 'template' | 'item';
}

export function findPlanProblems(templates: DischargeTemplates, { template, without, orders }: GivenPlan): PlanProblem[] {
  const chosen = findTemplate(templates, template);
  return [
    ...(template !== undefined && !chosen ? [{ path: 'template', unknown: 'template' as const }] : []),
    ...(without ?? []).flatMap((code, index) => (findItem(chosen, code) ? [] : [{ path: `without.${index}`, unknown: 'item' as const }])),
    ...orders.flatMap(({ item }, index) =>
      item === undefined || isKnownItem(templates, item) ? [] : [{ path: `orders.${index}.item`, unknown: 'item' as const }],
    ),
  ];
}

/** What the six parts of discharge information are called where one is missing (TRC). */
export const informationParts = [
  'responsible-clinician',
  'procedures',
  'diagnoses',
  'medicines-and-allergies',
  'results-or-pending-tests',
  'instructions',
] as const;
export type InformationPart = (typeof informationParts)[number];

/** An empty list says that there is none; medicines and results say so by a mark. `results` are those reported in the stay. */
export function findMissingInformation(plan: GivenPlan, orders: readonly Pick<GivenOrder, 'kind'>[], results: number): InformationPart[] {
  const has = (kind: GivenOrder['kind']) => orders.some((order) => order.kind === kind);
  const isThere: Record<InformationPart, boolean> = {
    'responsible-clinician': (plan.responsibleClinician ?? '').trim() !== '',
    procedures: plan.procedures !== undefined,
    diagnoses: plan.diagnoses !== undefined,
    'medicines-and-allergies': (plan.noMedication === true || has('medicine')) && plan.allergies !== undefined,
    'results-or-pending-tests': plan.noPendingResults === true || results > 0 || has('pending-result'),
    instructions: (plan.instructions ?? '').trim() !== '',
  };
  return informationParts.filter((part) => !isThere[part]);
}

export interface ExpandedPlan {
  /** Those of the plan, then those that the template adds, in its order. */
  orders: GivenOrder[];
  /** Items of the template that ask for a medicine which the plan does not order. */
  missingMedicines: TemplateItem[];
}

/** A template adds its items but those left out and those that an order of the plan is. It adds no medicine. */
export function expandPlan(ground: OrderGround, plan: GivenPlan): ExpandedPlan {
  const without = plan.without ?? [];
  const wanted = (ground.template?.items ?? []).filter(({ id }) => !without.includes(id) && !plan.orders.some(({ item }) => item === id));
  const added = wanted.filter(({ kind }) => kind !== 'medicine').map((item) => toOrder(item, plan.site));
  const orders = [...plan.orders, ...added].map((order) => withRepeat(ground, order, [...plan.orders, ...added]));
  return { orders, missingMedicines: wanted.filter(({ kind }) => kind === 'medicine') };
}

const toOrder = ({ id, kind, title }: TemplateItem, site: OperationSite | undefined): GivenOrder => ({
  kind,
  title: title.zh,
  item: id,
  ...(kind === 'wound' && site ? { site } : {}),
});

/** An item that is asked again and again ends with another one of the plan; where that has no date, with the visit, at which the wound is looked at. */
function withRepeat(ground: OrderGround, order: GivenOrder, all: readonly GivenOrder[]): GivenOrder {
  const repeat = findItem(ground.template, order.item)?.repeat;
  if (!repeat || order.repeat) return order;
  const until = all.find(({ item }) => item === repeat.until);
  const dueOn = until
    ? dateOrder(ground, { given: until, reset: null, dispensed: [] }).dueOn
    : findSutureWindow(ground, order.site ?? ground.site)?.dueOn;
  return { ...order, repeat: { everyDays: repeat.everyDays, untilOn: dueOn ?? ground.visitDueOn } };
}

export interface PlanWarning {
  code: 'long-supply' | 'medicine-missing' | 'disposition-unknown';
  orderId: string | null;
}

export function listWarnings(
  orders: readonly Pick<OrderState, 'id' | 'isLongSupply' | 'status'>[],
  missingMedicines: readonly TemplateItem[],
  isDispositionUnknown: boolean,
): PlanWarning[] {
  return [
    ...orders.filter(({ isLongSupply }) => isLongSupply).map(({ id }) => ({ code: 'long-supply' as const, orderId: id })),
    ...missingMedicines.map(() => ({ code: 'medicine-missing' as const, orderId: null })),
    ...(isDispositionUnknown ? [{ code: 'disposition-unknown' as const, orderId: null }] : []),
  ];
}
