/**
 * Finds the flaws of a protocol whose shape is right, such as a gap, an overlap, a cycle or a rule without a source. A protocol without flaws can
 * evaluate every visit of every person.
 */
import type { Cited } from '../kit/citation.ts';
import { buildFlaw, type Flaw } from '../kit/flaw.ts';
import type { Duration } from '../time/local-date.ts';
import type { Condition, Protocol, TargetGroup, Window } from './protocol.ts';

export function findProtocolFlaws(protocol: Protocol): Flaw[] {
  return [
    ...findCitationFlaws(protocol),
    ...findTargetFlaws(protocol.targets),
    ...findLadderFlaws(protocol),
    ...findRuleFlaws(protocol),
    ...findPhaseFlaws(protocol),
    ...findItemFlaws(protocol),
  ];
}

/** Returns every rule of the document with its place. */
function listCitedRules({
  population,
  entry,
  targets,
  rules,
  phases,
  quota,
  items,
  screening,
}: Protocol): { path: string; cited: Cited }[] {
  const listed = (at: string, list: readonly Cited[]) => list.map((cited, index) => ({ path: `${at}.${index}`, cited }));
  return [
    { path: 'population', cited: population },
    ...listed('entry', entry),
    ...targets.flatMap(({ bands }, index) => listed(`targets.${index}.bands`, bands)),
    ...listed('rules', rules),
    ...listed('phases', phases),
    ...(quota ? [{ path: 'quota', cited: quota }] : []),
    ...listed('items', items),
    ...(screening ? [{ path: 'screening', cited: screening }] : []),
  ];
}

function findCitationFlaws(protocol: Protocol): Flaw[] {
  const cited = listCitedRules(protocol);
  const firstWith = new Map<string, string>();
  return cited.flatMap(({ path, cited: { id, source, clause } }) => {
    // A reason names a rule by its id, so no two rules may share one. An item may share its id with a rule, because items are never reasons.
    const name = path.startsWith('items') ? `item ${id}` : id;
    const first = firstWith.get(name);
    firstWith.set(name, first ?? path);
    return [
      ...(Object.hasOwn(protocol.sources, source)
        ? []
        : [buildFlaw('no-source', `${path}.source`, 'sources 中没有此来源', 'no such entry in sources')]),
      ...(clause.trim() === '' ? [buildFlaw('no-source', `${path}.clause`, '缺少条款', 'the clause is missing')] : []),
      ...(first === undefined ? [] : [buildFlaw('duplicate', `${path}.id`, `与 ${first} 重名`, `the same id as ${first}`)]),
    ];
  });
}

/** Returns the flaws of stretches that have to follow each other from `start` on without an end. A stretch with `after` null has no end. */
function findCoverageFlaws(
  stretches: readonly { fromPath: string; toPath: string; from: number; after: number | null }[],
  start: number,
  what: { zh: string; en: string },
): Flaw[] {
  const flaws: Flaw[] = [];
  let expected: number | null = start;
  for (const { fromPath, toPath, from, after } of stretches) {
    if (expected === null || from < expected)
      flaws.push(buildFlaw('overlap', fromPath, `${what.zh} ${from} 已被前一条覆盖`, `${what.en} ${from} is covered by the one before`));
    else if (from > expected)
      flaws.push(
        buildFlaw('gap', fromPath, `${what.zh} ${expected} 至 ${from} 之间没有规则`, `no rule for ${what.en} ${expected} up to ${from}`),
      );
    if (after !== null && after <= from) flaws.push(buildFlaw('impossible', toPath, '终点不在起点之后', 'ends before it begins'));
    expected = after;
  }
  const last = stretches.at(-1);
  if (last && expected !== null)
    flaws.push(buildFlaw('gap', last.toPath, `${what.zh} ${expected} 起没有规则`, `no rule for ${what.en} ${expected} and above`));
  return flaws;
}

function findTargetFlaws(targets: readonly TargetGroup[]): Flaw[] {
  const flaws: Flaw[] = [];
  const last = targets.length - 1;
  if (targets[last]?.for !== 'everyone')
    flaws.push(buildFlaw('gap', `targets.${Math.max(0, last)}.for`, '最后一组须为 everyone', 'the last group must be for everyone'));
  for (const [index, group] of targets.entries()) {
    const at = `targets.${index}`;
    if (targets.findIndex((other) => other.for === group.for) < index)
      flaws.push(buildFlaw('overlap', `${at}.for`, '此组已经有了', 'there is a group for these already'));
    if (group.bands.length === 0) flaws.push(buildFlaw('gap', `${at}.bands`, '没有任何年龄段', 'covers no age'));
    const stretches = group.bands.map(({ ageFrom, ageBelow }, band) => ({
      fromPath: `${at}.bands.${band}.ageFrom`,
      toPath: `${at}.bands.${band}.ageBelow`,
      from: ageFrom,
      after: ageBelow,
    }));
    flaws.push(...findCoverageFlaws(stretches, 0, { zh: '年龄', en: 'age' }));
    for (const [band, { systolic, diastolic }] of group.bands.entries())
      if ((systolic === null) !== (diastolic === null))
        flaws.push(buildFlaw('gap', `${at}.bands.${band}`, '收缩压与舒张压须同有或同无', 'systolic and diastolic come together'));
  }
  return flaws;
}

type Ladder = Condition & { kind: 'uncontrolled-in-a-row' | 'raised-on-dates' };
const isLadder = (when: Condition): when is Ladder => when.kind === 'uncontrolled-in-a-row' || when.kind === 'raised-on-dates';
const ladderKey = (when: Ladder): string =>
  when.kind === 'raised-on-dates' ? [when.kind, when.systolic, when.diastolic, when.withinDays].join(' ') : when.kind;

/** Rules for the first, second or third time make a ladder, in which every count must have exactly one rule. */
function findLadderFlaws({ rules, targets }: Protocol): Flaw[] {
  const steps = rules.flatMap(({ when }, index) => (isLadder(when) ? [{ when, index }] : []));
  const ladders = new Map<string, typeof steps>();
  for (const step of steps) ladders.set(ladderKey(step.when), [...(ladders.get(ladderKey(step.when)) ?? []), step]);
  const flaws = [...ladders.values()].flatMap((ladder) =>
    findCoverageFlaws(
      ladder
        .toSorted((a, b) => a.when.from - b.when.from)
        .map(({ when: { from, to }, index }) => ({
          fromPath: `rules.${index}.when.from`,
          toPath: `rules.${index}.when.to`,
          from,
          after: to === null ? null : to + 1,
        })),
      1,
      { zh: '次数', en: 'count' },
    ),
  );
  const classifies = targets.some(({ bands }) =>
    bands.some(({ systolic, fastingGlucose }) => systolic !== null || fastingGlucose !== null),
  );
  if (classifies && !ladders.has('uncontrolled-in-a-row'))
    flaws.push(buildFlaw('gap', 'rules', '有控制目标而没有未达标的规则', 'there are targets, and no rule for who is off target'));
  return flaws;
}

function findRuleFlaws({ rules, classifiedBy }: Protocol): Flaw[] {
  const flaws: Flaw[] = [];
  const firstWith = new Map<string, number>();
  for (const [index, { when, outcome, whileReferralOpen }] of rules.entries()) {
    const at = `rules.${index}`;
    const same = firstWith.get(JSON.stringify(when));
    if (same === undefined) firstWith.set(JSON.stringify(when), index);
    else flaws.push(buildFlaw('overlap', `${at}.when`, `与 rules.${same} 条件相同`, `the same condition as rules.${same}`));
    if (outcome.next) flaws.push(...findWindowFlaws(`${at}.outcome.next`, outcome.next));
    if (whileReferralOpen?.next) flaws.push(...findWindowFlaws(`${at}.whileReferralOpen.next`, whileReferralOpen.next));
  }
  const low = rules.findIndex(({ when }) => when.kind === 'glucose-at-most');
  const high = rules.findIndex(({ when }) => when.kind === 'glucose-at-least');
  const [lowest, highest] = [rules[low]?.when, rules[high]?.when];
  if (lowest?.kind === 'glucose-at-most' && highest?.kind === 'glucose-at-least' && lowest.mmolPerL >= highest.mmolPerL)
    flaws.push(buildFlaw('overlap', `rules.${low}.when.mmolPerL`, `与 rules.${high} 重叠`, `overlaps rules.${high}`));
  if (classifiedBy.length > 0 && !rules.some(({ when }) => when.kind === 'not-measured'))
    flaws.push(buildFlaw('gap', 'rules', '没有未测量时的规则', 'no rule for a visit that was not measured'));
  return flaws;
}

/** The two bounds of a duration in days serve comparisons, because months differ in length. */
const mostDays = (duration: Duration): number => ('days' in duration ? duration.days : duration.months * 31);
const fewestDays = (duration: Duration): number => ('days' in duration ? duration.days : duration.months * 28);

function findWindowFlaws(path: string, { due, opens }: Window): Flaw[] {
  if (mostDays(due) < 1) return [buildFlaw('impossible', `${path}.due`, '须在随访日之后', 'must come after the visit')];
  const opensTooLate = 'afterDays' in opens ? opens.afterDays > fewestDays(due) : opens.beforeDueDays < 0;
  return opensTooLate ? [buildFlaw('impossible', `${path}.opens`, '开放日在截止日之后', 'opens after it is due')] : [];
}

function findPhaseFlaws({ phases }: Protocol): Flaw[] {
  if (phases.length === 0) return [buildFlaw('gap', 'phases', '没有任何阶段', 'there is no phase')];
  const flaws = phases.flatMap(({ every, until, next }, index) => {
    const at = `phases.${index}`;
    const found = findWindowFlaws(`${at}.every`, every);
    if (next !== null && !phases.some(({ id }) => id === next))
      found.push(buildFlaw('unknown', `${at}.next`, '没有此阶段', 'no such phase'));
    if (until !== null && next === null)
      found.push(buildFlaw('gap', `${at}.next`, '阶段结束后没有下一阶段', 'it ends, and no phase comes after it'));
    if (until === null && next !== null)
      found.push(buildFlaw('overlap', `${at}.until`, '没有终点而另有下一阶段', 'it has no end, and a phase comes after it'));
    return found;
  });
  const seen: string[] = [];
  let end = 0;
  for (let phase = phases[0]; phase; ) {
    const at = `phases.${phases.indexOf(phase)}`;
    seen.push(phase.id);
    if (phase.until && mostDays(phase.until) <= end)
      flaws.push(buildFlaw('overlap', `${at}.until`, '在前一阶段结束之前结束', 'ends before the phase before it'));
    end = phase.until ? mostDays(phase.until) : end;
    const { next } = phase;
    if (next !== null && seen.includes(next)) {
      flaws.push(buildFlaw('cycle', `${at}.next`, `回到了 ${next}`, `goes back to ${next}`));
      break;
    }
    phase = phases.find(({ id }) => id === next);
  }
  for (const [index, { id }] of phases.entries())
    if (!seen.includes(id)) flaws.push(buildFlaw('unreachable', `phases.${index}.id`, '没有通往此阶段的路', 'no phase leads to it'));
  return flaws;
}

function findItemFlaws({ items, phases }: Protocol): Flaw[] {
  return items.flatMap((item, index) =>
    (item.phases ?? []).flatMap((name, place) =>
      phases.some(({ id }) => id === name) ? [] : [buildFlaw('unknown', `items.${index}.phases.${place}`, '没有此阶段', 'no such phase')],
    ),
  );
}
