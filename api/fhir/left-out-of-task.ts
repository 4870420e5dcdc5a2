/** What of a Task that was sent is not kept. A client sends the Task that it has read with its own changes in it, so what stood there already is not named. */
import { isDeepStrictEqual } from 'node:util';
import type { Task } from '@medplum/fhirtypes';
import { LEFT_OUT_ID, LEFT_OUT_URL, listLeftOut, type Understood } from './left-out.ts';
import type { TakenFromTask } from './read-task.ts';
import type { TaskBody } from './schemas.ts';

/** Read of every Task, whatever it asks for. */
const understood: Understood = {
  status: true,
  intent: true,
  businessStatus: true,
  for: { reference: true, type: true, identifier: true, display: true },
  focus: { reference: true, type: true, identifier: true, display: true },
  basedOn: { reference: true, type: true, identifier: true, display: true },
  // When the sender's system wrote the Task down; the timeline has its own instants.
  lastModified: true,
  authoredOn: true,
};

const items = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);

/** Returns the places of `sent` that say something else than `shown` and that nothing was taken from. */
export function listLeftOutOfTask(sent: TaskBody, shown: Task, taken: TakenFromTask): string[] {
  return Object.entries(sent).flatMap(([name, value]) => {
    const before: unknown = Reflect.get(shown, name);
    if (isDeepStrictEqual(value, before)) return [];
    if (name === 'statusReason' && taken.statusReason) return [];
    if (name === 'executionPeriod' && taken.executionPeriod) return listLeftOut(value, { start: true, end: true }, 'Task.executionPeriod');
    if (name === 'note') return listLeftOutItems(value, 'Task.note', [], taken.notes ?? [], { text: true });
    if (name === 'output')
      return listLeftOutItems(value, 'Task.output', shown.output ?? [], taken.outputs ?? [], { type: true, valueString: true });
    if (name === 'contained') return listLeftOutItems(value, 'Task.contained', items(before), [], {}).filter(isNotOurs(value));
    if (name === 'extension') return listLeftOutItems(value, 'Task.extension', items(before), [], {}).filter(isNotOurs(value));
    return listLeftOut({ [name]: value }, understood, 'Task');
  });
}

function listLeftOutItems(
  value: unknown,
  place: string,
  shown: readonly unknown[],
  taken: readonly number[],
  inside: Understood,
): string[] {
  return items(value).flatMap((each, n) => {
    if (taken.includes(n)) return listLeftOut(each, inside, `${place}[${n}]`);
    return shown.some((one) => isDeepStrictEqual(one, each)) ? [] : [`${place}[${n}]`];
  });
}

/** What our own answer to an earlier update has named comes back with the Task. */
const isNotOurs = (value: unknown) => (place: string) => {
  const item = items(value)[Number(/\[(\d+)\]$/.exec(place)?.[1] ?? 0)];
  return !(
    typeof item === 'object' &&
    item !== null &&
    (Reflect.get(item, 'id') === LEFT_OUT_ID || Reflect.get(item, 'url') === LEFT_OUT_URL)
  );
};
