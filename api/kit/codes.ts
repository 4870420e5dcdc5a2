/** The closed lists that all subjects share. */
import { z } from '@hono/zod-openapi';
import { urgencies, urgencyWords } from '../../domain/alliance/configuration.ts';
import { roleWords } from '../../domain/alliance/roles.ts';
import { everyEvent, everyObligation, pathwayKindWords } from '../../domain/kit/event-words.ts';
import { channelWords } from '../../domain/messages/channels.ts';
import { taskTitles } from '../../domain/messages/task-title.ts';
import { codeList, codesOf } from './code-list.ts';

export const RoleSchema = codeList('Role', roleWords);
/** Whoever has opened a link that a resident was sent is named by the link. */
export const ActorRoleSchema = codeList('ActorRole', { ...roleWords, patient: { zh: '居民（通过链接）', en: 'resident, by a link' } });
export const UrgencySchema = codesOf('Urgency', urgencies, urgencyWords);
/** The urgency of what stands in a row. */
export const StoredUrgencySchema = UrgencySchema as z.ZodType<string>;
export const TaskKindSchema = codeList('TaskKind', taskTitles());
export const PathwayKindSchema = codeList('PathwayKind', pathwayKindWords());
export const ChannelSchema = codeList('Channel', channelWords);

/** A rung is named after the share of the time that is used, which an alliance chooses. */
const Rung = z.string().regex(/^rung-\d+$/);
export const ObligationSchema = z.union([codeList('Obligation', everyObligation()), Rung]);
export const TimelineEventSchema = z.union([codeList('TimelineEvent', everyEvent()), Rung]);
