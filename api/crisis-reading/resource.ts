/** A crisis reading as a caller sees it. */
import { z } from '@hono/zod-openapi';
import { type CrisisReadingRecord, findCrisisReading } from '../../db/crisis-reading/crisis-readings.ts';
import { crisisActions } from '../../domain/crisis-reading/events.ts';
import { crisisReadingStatuses } from '../../domain/crisis-reading/state.ts';
import { tasksOf } from '../../domain/crisis-reading/tasks.ts';
import { readingKinds } from '../../domain/readings/reading.ts';
import { ClockSchema, clockResource } from '../kit/clock-resource.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { Instant, toIso } from '../kit/schemas.ts';

/** A blood pressure is a text such as `192/112`, any other value a number. */
const Value = z.union([z.number(), z.string()]);

export const CrisisReadingSchema = z
  .strictObject({
    id: z.string(),
    version: z.number().int(),
    status: z.enum(crisisReadingStatuses),
    patientId: z.string(),
    institutionId: z.string(),
    values: z.array(
      z.strictObject({
        readingId: z.string(),
        rule: z.string(),
        kind: z.enum(readingKinds),
        value: Value,
        unit: z.string(),
        threshold: Value,
        measuredAt: Instant,
        /** why the reading is quarantined; null for one that is recorded */
        quarantine: z.string().nullable(),
      }),
    ),
    openedAt: Instant,
    closedAt: Instant.nullable(),
    closedById: z.string().nullable(),
    action: z.enum(crisisActions).nullable(),
    note: z.string().nullable(),
    referralId: z.string().nullable(),
    tasks: z.array(z.string()),
    clocks: z.array(ClockSchema),
    now: Instant,
  })
  .openapi('CrisisReading');

function crisisReadingResource(record: CrisisReadingRecord): z.infer<typeof CrisisReadingSchema> {
  const { id, version, state, openedAt, closedAt, closedById, note, referralId } = record;
  const { status, patientId, centreId: institutionId, values, clock, action } = state;
  if (status === null) throw new Error('A decided crisis reading has a status.');
  const now = pathwayNow(record);
  const tasks = tasksOf(state);
  return {
    id,
    version,
    status,
    patientId,
    institutionId,
    values: values.map(({ effectiveAt: _, severity: __, ...value }) => value),
    openedAt: openedAt.toISOString(),
    closedAt: toIso(closedAt),
    closedById,
    action,
    note,
    referralId,
    tasks: tasks.map((task) => `${id}.${task.id}`),
    clocks: clock ? tasks.map(({ role }) => clockResource(clock, { institutionId, role, personId: null }, now)) : [],
    now: new Date(now).toISOString(),
  };
}

export const crisisReadingReply = (record: CrisisReadingRecord): Reply => ({
  status: 200,
  body: crisisReadingResource(record),
  headers: { etag: `"${record.version}"` },
});

/** The answer to a command that has happened. */
export async function renderCrisisReading({ deps }: Asking, { pathwayId }: AnsweredCommand): Promise<Reply> {
  const record = await findCrisisReading(deps.db, pathwayId);
  if (!record) throw new Error('A decided crisis reading has its row.');
  return crisisReadingReply(record);
}
