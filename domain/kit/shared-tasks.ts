/** Tasks that several roles may do: each pathway says so of its own. */
import { deciders } from './registry.ts';

const sharedTasks: ReadonlyMap<string, readonly string[]> = new Map(
  deciders.flatMap((decider) => Object.entries(decider.sharedTasks ?? {})),
);

/** Returns the names of the tasks that one of these roles may do as well as the role that the task is for. */
export const sharedTaskNames = (roles: readonly string[]): string[] =>
  [...sharedTasks].filter(([, others]) => others.some((role) => roles.includes(role))).map(([name]) => name);

/** Says whether one of these roles may do a task of the name as well as the role that the task is for. */
export const isSharedWith = (name: string, roles: readonly string[]): boolean =>
  sharedTasks.get(name)?.some((role) => roles.includes(role)) ?? false;
