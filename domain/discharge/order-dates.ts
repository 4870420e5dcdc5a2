/** When an order opens and is due: by its own dates, else by the item of the template, else as others of its kind; else somebody has to look at it. */
import type { Reason } from '../kit/pathway.ts';
import { addDays, type LocalDate, laterOf } from '../time/local-date.ts';
import { citeDocument, citeNumber } from './cite.ts';
import { computeDueDate, keepDueDate, ownDate } from './due-date.ts';
import type { DischargeGround } from './duties.ts';
import { dateMedicine, medicineOwner } from './medicines.ts';
import type { GivenMedicine, GivenOrder, OrderDates, OrderState } from './order.ts';
import { type OrderOwner, ownerOf } from './owners.ts';
import type { OperationSite } from './rules.ts';
import { type DischargeTemplate, findItem, type Joint } from './templates.ts';

export interface OrderGround extends DischargeGround {
  /** When the visit is due by now. */
  visitDueOn: LocalDate;
  template?: DischargeTemplate | undefined;
  operatedOn?: LocalDate | undefined;
  site?: OperationSite | undefined;
  joint?: Joint | undefined;
}

type OrderFacts = Pick<OrderState, 'given' | 'reset' | 'dispensed'>;

interface NominalWindow {
  opensOn: LocalDate;
  dueOn: LocalDate;
  because: Reason[];
}

/** Computes the dates anew from what was ordered and what was reported. */
export function dateOrder(ground: OrderGround, { given, reset, dispensed }: OrderFacts): OrderDates {
  const medicine = given.kind === 'medicine' ? dateMedicineOrder(ground, given, dispensed) : undefined;
  if (medicine && medicine.reviewReasons.length > 0) return medicine;
  const set: NominalWindow | undefined = reset
    ? { opensOn: reset.opensOn, dueOn: reset.dueOn, because: reset.by === 'resume' ? [citeNumber(ground.rules, 'resume-days')] : [] }
    : dispensed.length > 0
      ? undefined
      : findOwnWindow(ground, given);
  if (medicine && !set) return medicine;
  const nominal = set ?? findItemWindow(ground, given) ?? findKindWindow(ground, given);
  const blank = { unconfirmed: false, medicine: medicine?.medicine ?? null, isLongSupply: medicine?.isLongSupply ?? false };
  if (!nominal || nominal.dueOn < nominal.opensOn)
    return { ...blank, opensOn: null, dueOn: null, owner: reviewerOf(given), because: [], reviewReasons: ['no-rule'] };
  const { isHospitals, ...due } =
    given.kind === 'pending-result' ? keepDueDate(nominal.dueOn) : computeDueDate(ground.calendar, { ...ground, ...nominal });
  return { ...blank, opensOn: nominal.opensOn, ...due, owner: orderOwner(given, isHospitals), because: nominal.because, reviewReasons: [] };
}

/** Who looks at an order that cannot be dated. */
const reviewerOf = ({ kind }: GivenOrder): OrderOwner => ({ side: 'hospital', role: kind === 'medicine' ? 'pharmacist' : 'nurse' });

function orderOwner({ kind, place }: GivenOrder, isHospitals: boolean): OrderOwner {
  switch (kind) {
    case 'medicine':
      return medicineOwner(isHospitals);
    case 'revisit':
      return place === 'centre' ? ownerOf({ role: 'gp', visit: true }, isHospitals) : { side: 'hospital', role: 'specialist' };
    case 'pending-result':
      return { side: 'hospital', role: 'specialist' };
    case 'other':
      return place === 'hospital' ? { side: 'hospital', role: 'nurse' } : ownerOf({ role: 'nurse' }, isHospitals);
    case 'retest':
    case 'wound':
    case 'rehabilitation':
    case 'education':
    case 'device':
    case 'vaccination':
      return ownerOf({ role: 'nurse' }, isHospitals);
  }
}

function dateMedicineOrder(ground: OrderGround, order: GivenOrder, dispensed: OrderState['dispensed']): OrderDates {
  const missing: OrderDates = {
    opensOn: null,
    dueOn: null,
    owner: reviewerOf(order),
    unconfirmed: false,
    because: [],
    reviewReasons: ['no-rule'],
    medicine: null,
    isLongSupply: false,
  };
  const given = order.medicine && withCourse(ground, order, order.medicine);
  if (!given) return missing;
  const { isHospitals, ...dated } = dateMedicine(ground, { given, dispensed });
  return { ...dated, owner: dated.reviewReasons.length > 0 ? reviewerOf(order) : medicineOwner(isHospitals) };
}

/** A medicine that a template dates is taken until so many days after the operation, unless the order itself says until when. Undefined where that is unknown. */
export function withCourse(ground: OrderGround, { item }: GivenOrder, medicine: GivenMedicine): GivenMedicine | undefined {
  const window = findItem(ground.template, item)?.window;
  if (window?.kind !== 'course' || medicine.untilOn !== undefined || medicine.longTerm) return medicine;
  const { operatedOn, joint } = ground;
  return operatedOn && joint ? { ...medicine, untilOn: addDays(operatedOn, window.operationDays[joint]) } : undefined;
}

/** With a date for its end alone it is open from the day after the discharge; a pending result from the discharge on, until it is expected. */
function findOwnWindow(ground: OrderGround, given: GivenOrder): NominalWindow | undefined {
  const { dischargedOn } = ground;
  const own = given.dueOn ?? (given.kind === 'pending-result' ? given.expectedOn : undefined);
  const dueOn = own && ownDate(own, dischargedOn);
  const opensOn = given.opensOn && ownDate(given.opensOn, dischargedOn);
  const because: Reason[] = [{ rule: 'order', clause: '医嘱自带日期 / the dates of the order itself', evidence: {} }];
  if (dueOn) return { opensOn: opensOn ?? addDays(dischargedOn, given.kind === 'pending-result' ? 0 : 1), dueOn, because };
  const otherwise = opensOn && (findItemWindow(ground, given) ?? findKindWindow(ground, given));
  return otherwise ? { ...otherwise, opensOn, because: [...because, ...otherwise.because] } : undefined;
}

function findItemWindow(ground: OrderGround, given: GivenOrder): NominalWindow | undefined {
  const item = findItem(ground.template, given.item);
  if (!item || item.kind !== given.kind) return undefined;
  const because = [citeDocument(ground.templates, item)];
  switch (item.window.kind) {
    case 'days':
      return {
        opensOn: addDays(ground.dischargedOn, item.window.fromDay),
        dueOn: addDays(ground.dischargedOn, item.window.toDay),
        because,
      };
    case 'sutures':
      return findSutureWindow(ground, item.window.site ?? given.site ?? ground.site);
    case 'default':
    case 'course':
      return undefined;
  }
}

function findKindWindow(ground: OrderGround, given: GivenOrder): NominalWindow | undefined {
  if (given.kind === 'wound') return findSutureWindow(ground, given.site ?? ground.site);
  const rule = ground.rules.windows.find(({ kind }) => kind === given.kind);
  return (
    rule && {
      opensOn: addDays(ground.dischargedOn, rule.fromDay),
      dueOn: rule.to === 'visit' ? ground.visitDueOn : addDays(ground.dischargedOn, rule.to),
      because: [citeDocument(ground.rules, rule)],
    }
  );
}

/** By the site of the operation, in days after it; undefined where one of the two is unknown. */
export function findSutureWindow(
  { rules, operatedOn, dischargedOn }: OrderGround,
  site: OperationSite | undefined,
): NominalWindow | undefined {
  const rule = rules.sutures.find(({ sites }) => sites.some((each) => each === site));
  if (!rule || !operatedOn) return undefined;
  const dayAfter = addDays(dischargedOn, 1);
  return {
    opensOn: laterOf(addDays(operatedOn, rule.fromDay), dayAfter),
    dueOn: laterOf(addDays(operatedOn, rule.toDay), dayAfter),
    because: [citeDocument(rules, rule, { operatedOn, site: site ?? null })],
  };
}
