/** What is wrong with a configuration whose shape is right, each flaw with its place. A configuration without flaws can be recorded. */
import type { Words } from '../kit/errors.ts';
import type { AllianceConfiguration, Direction } from './configuration.ts';

export interface ConfigurationFlaw {
  /** as in `referral.rungPercents` */
  path: string;
  message: Words;
}

/** `kinds` says of what kind each institution of the alliance is. */
export function findConfigurationFlaws(
  { referral, messages }: Required<AllianceConfiguration>,
  kinds: ReadonlyMap<string, string>,
): ConfigurationFlaw[] {
  const { rungPercents, rerouteInstitutionIds } = referral;
  const flaws: ConfigurationFlaw[] = [];
  if (rungPercents.some((percent, index) => index > 0 && percent <= (rungPercents[index - 1] ?? 0)))
    flaws.push({ path: 'referral.rungPercents', message: { zh: '须由小到大且不重复', en: 'must ascend, each once' } });
  // At 100 % the next institution is asked, or the referral ends.
  if (!rungPercents.includes(100)) flaws.push({ path: 'referral.rungPercents', message: { zh: '须含 100', en: 'must contain 100' } });
  const [up, down] = [
    findInstitutionFlaws('up', rerouteInstitutionIds.up, kinds),
    findInstitutionFlaws('down', rerouteInstitutionIds.down, kinds),
  ];
  flaws.push(...up, ...down);
  const { fromMinute, untilMinute } = messages.quietHours;
  const quietMinutes = (untilMinute - fromMinute + MINUTES_A_DAY) % MINUTES_A_DAY;
  if (quietMinutes > MOST_QUIET_MINUTES)
    flaws.push({ path: 'messages.quietHours', message: { zh: '免打扰时段不得超过 16 小时', en: 'must not be longer than 16 hours' } });
  return flaws;
}

const MINUTES_A_DAY = 24 * 60;
/** Messages that wait for the morning must find one. */
const MOST_QUIET_MINUTES = 16 * 60;

const kindOf: Record<Direction, string> = { up: 'hospital', down: 'community-health-centre' };

function findInstitutionFlaws(direction: Direction, ids: readonly string[], kinds: ReadonlyMap<string, string>): ConfigurationFlaw[] {
  return ids.flatMap((id, index) => {
    const path = `referral.rerouteInstitutionIds.${direction}.${index}`;
    if (ids.indexOf(id) < index) return [{ path, message: { zh: '重复', en: 'given twice' } }];
    if (kinds.get(id) === kindOf[direction]) return [];
    const message =
      direction === 'up'
        ? { zh: '联盟内没有这家医院', en: 'no such hospital in the alliance' }
        : { zh: '联盟内没有这家社康中心', en: 'no such community health centre in the alliance' };
    return [{ path, message }];
  });
}
