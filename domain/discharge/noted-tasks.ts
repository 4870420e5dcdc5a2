/** A task that is done when its owner has written what was done: whoever has it may finish it, whatever has become of the rest of the episode. */
import { acceptWith, type DischargeVerdict, entryOf, isNotedTask, refuse } from './changes.ts';
import type { DischargeEventNamed } from './events.ts';
import type { DischargeState } from './state.ts';

export function finishTask(state: DischargeState, event: DischargeEventNamed<'finish-task'>): DischargeVerdict {
  const { taskId } = event.input;
  const done = state.clocks.find(({ clock, task }) => clock.id === taskId && isNotedTask(task));
  if (!done) return refuse('transition-not-allowed', { state: state.status, allowed: [] });
  const after = { ...state, clocks: state.clocks.filter((one) => one !== done) };
  return acceptWith(state, after, event, [entryOf(state, after, event.name, { task: done.task })]);
}
