/** The members that the resources of the five pathways share: their own clock, the clocks that run, the tasks that stand open. */
import { z } from '@hono/zod-openapi';
import type { PathwayParts } from '../../db/sterile-supply/pathway-parts.ts';
import { ClockSchema, clockResource } from '../kit/clock-resource.ts';
import { RoleSchema } from '../kit/codes.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { Instant } from '../kit/schemas.ts';

/** To be spread into the strictObject of a resource. */
export const pathwayMemberSchemas = {
  now: Instant,
  clocks: z.array(ClockSchema),
  tasks: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      role: RoleSchema,
      institutionId: z.string(),
      personId: z.string().nullable(),
      dueAt: Instant.nullable(),
      overdue: z.boolean(),
    }),
  ),
};

const PathwayMembersSchema = z.strictObject(pathwayMemberSchemas);

/** The owner of a clock is the person who has claimed its task. */
export function pathwayMembers(parts: PathwayParts): z.infer<typeof PathwayMembersSchema> {
  const { timers, tasks } = parts;
  const now = pathwayNow(parts);
  const ownerOf = (timerId: string) => tasks.find(({ id }) => id.endsWith(`.${timerId}`))?.ownerId ?? null;
  return {
    now: new Date(now).toISOString(),
    clocks: timers.map((timer) => {
      const { institutionId, role } = timer;
      return clockResource(timer, { institutionId, role, personId: ownerOf(timer.id) }, now);
    }),
    tasks: tasks.map(({ ownerId, dueAt, ...task }) => ({
      ...task,
      personId: ownerId,
      dueAt: dueAt && new Date(dueAt).toISOString(),
      overdue: dueAt !== null && Date.parse(dueAt) <= now,
    })),
  };
}
