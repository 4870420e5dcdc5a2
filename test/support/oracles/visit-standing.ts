/**
 * What the messages about a stay in hospital say together, read a second time from its table: each cell is a list of words, and each word does one thing.
 * It shares the shape of a message with domain/discharge/standing.ts and nothing else.
 */
import type { VisitMessage } from '../../../domain/discharge/standing.ts';

const TABLE = `
      | none             | admitted     | discharged            | cancelled
A01   | begin            | admit data   | admit type            | begin
A08   | noted            | told data    | told data correct     | noted
A02   | move             | push move    | noted                 | noted
A12   | move             | pop          | noted                 | noted
A03   | discharge        | discharge    | correct               | review
A13   | undo             | noted        | undo                  | review
A11   | cancel           | cancel       | review                | noted
`;

/** The order of what was written at one instant. */
const TIES = 'A01 A08 A02 A12 A03 A13 A11';

const [HEAD = [], ...ROWS] = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));
const cellOf = (event: string, status: string): string[] => {
  const column = HEAD.indexOf(status);
  return (ROWS.find(([name]) => name === event)?.[column < 0 ? 1 : column] ?? '').split(' ');
};

export interface StandingAsRead {
  status: string;
  admittedAt: number | null;
  dischargedAt: number | null;
  departmentCode: string | null;
  admissionType: string | null;
  disposition: string | null;
}

/** @returns what stands at the end (undefined while there is no stay), and per message whether it counted, was noted or is for a person to look at */
export function readStanding(messages: readonly VisitMessage[]): { standing: StandingAsRead | undefined; effects: Record<string, string> } {
  const effects: Record<string, string> = {};
  let now: StandingAsRead | undefined;
  let places: (string | null)[] = [];
  const order = messages.slice().sort((one, other) => {
    for (const [a, b] of [
      [one.recordedAt, other.recordedAt],
      [TIES.indexOf(one.event), TIES.indexOf(other.event)],
    ] as const)
      if (a !== b) return a < b ? -1 : 1;
    return one.id === other.id ? 0 : one.id < other.id ? -1 : 1;
  });
  for (const message of order) {
    if (message.id in effects) continue;
    const words = message.isInpatient ? cellOf(message.event, now?.status ?? 'none') : ['noted'];
    effects[message.id] = 'applied';
    if (words.includes('begin') || now === undefined || now.status === 'cancelled') {
      if (!words.includes('noted') && !words.includes('review')) {
        places = [];
        now = { status: 'admitted', admittedAt: null, dischargedAt: null, departmentCode: null, admissionType: null, disposition: null };
      }
    }
    const { occurredAt, recordedAt, departmentCode, admissionType } = message;
    for (const word of words) {
      if (word === 'noted' || word === 'review') effects[message.id] = word;
      // There is no move whose cancellation it could be.
      if (word === 'pop' && places.length === 0) effects[message.id] = 'noted';
      if (!now || effects[message.id] !== 'applied') continue;
      // A cancellation names the time of what it cancels, and the time of an admission that it names only fills a gap.
      if (['move', 'push', 'pop', 'discharge', 'correct', 'undo'].includes(word)) now.admittedAt ??= message.admittedAt;
      if (word === 'begin' || word === 'admit') now.admittedAt = occurredAt ?? message.admittedAt ?? now.admittedAt ?? recordedAt;
      if (word === 'told') now.admittedAt = message.admittedAt ?? now.admittedAt;
      if (word === 'push') places.push(now.departmentCode);
      if (word === 'pop') now.departmentCode = places.pop() ?? null;
      if (['begin', 'data', 'move', 'discharge', 'undo'].includes(word)) {
        now.departmentCode = departmentCode ?? now.departmentCode;
        now.admissionType = admissionType ?? now.admissionType;
      }
      if (word === 'type') now.admissionType = admissionType ?? now.admissionType;
      if (word === 'discharge')
        Object.assign(now, {
          status: 'discharged',
          dischargedAt: occurredAt ?? message.dischargedAt ?? recordedAt,
          disposition: message.disposition,
        });
      if (word === 'correct') {
        const happenedAt: number | null = message.event === 'A03' ? occurredAt : null;
        now.dischargedAt = happenedAt ?? message.dischargedAt ?? now.dischargedAt;
        now.disposition = message.disposition ?? now.disposition;
      }
      if (word === 'undo') Object.assign(now, { status: 'admitted', dischargedAt: null, disposition: null });
      if (word === 'cancel') now.status = 'cancelled';
    }
  }
  return { standing: now, effects };
}
