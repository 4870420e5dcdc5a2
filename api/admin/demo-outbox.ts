/** The outbox as a demonstration shows it: what was sent to whom, in which words. In demo mode only. */
import { z } from '@hono/zod-openapi';
import { listRecordsOfResident } from '../../db/directory/resident-records.ts';
import { countOpenWork } from '../../db/messages/digest.ts';
import { listMessages, type MessageWithAttempts } from '../../db/messages/sent-messages.ts';
import { toSurroundings } from '../../db/messages/surroundings.ts';
import { digestTemplate, readDigestCounts, readNews, renderDigest } from '../../domain/messages/digest.ts';
import { audienceOf } from '../../domain/messages/message-standing.ts';
import { isMessageTemplate, renderMessage } from '../../domain/messages/templates.ts';
import { createPatientLinks, type PatientLinks } from '../../platform/patient-links.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type ApiDependencies, operation } from '../kit/operation.ts';
import { Id, Instant, PageQuery, pageOf, toIso } from '../kit/schemas.ts';

export const OutboxItem = z
  .strictObject({
    id: z.string(),
    key: z.string(),
    pathwayId: z.string().nullable(),
    template: z.string(),
    /** The version of the text that was sent; null for messages to staff, and before it was sent. */
    templateVersion: z.number().int().nullable(),
    parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    /** As it was sent, or as it would be sent now; of a call and of a letter what is read out and printed. */
    text: z.string(),
    to: z.strictObject({ type: z.enum(['patient', 'contact', 'person', 'team']), id: z.string() }),
    recipient: z.strictObject({ type: z.enum(['person', 'patient', 'team', 'contact']), id: z.string() }),
    channel: z.string(),
    /**
     * waiting: for its turn, or for the person who carries it. held: until an hour or a confirmation. sent. failed: no way is left. withdrawn: it has become
     * pointless.
     */
    state: z.enum(['waiting', 'held', 'sent', 'failed', 'withdrawn']),
    status: z.enum(['waiting', 'in-hand', 'bundled', 'sent', 'undeliverable', 'withdrawn']),
    /** what it waits for, until when */
    waitsFor: z.enum(['quiet-hours', 'daily-cap', 'confirmation']).nullable(),
    waitsUntil: Instant.nullable(),
    withdrawnBecause: z.string().nullable(),
    attempts: z.number().int(),
    log: z.array(
      z.strictObject({ attempt: z.number().int(), channel: z.string(), result: z.string().nullable(), detail: z.string().nullable() }),
    ),
    /** What the message carries, where it is one for several: each part has its own version and its own end. */
    parts: z.array(
      z.strictObject({
        id: z.string(),
        pathwayId: z.string().nullable(),
        template: z.string(),
        templateVersion: z.number().int().nullable(),
        state: z.enum(['waiting', 'sent', 'failed', 'withdrawn']),
        withdrawnBecause: z.string().nullable(),
      }),
    ),
    createdAt: Instant,
    sentAt: Instant.nullable(),
  })
  .openapi('OutboxItem');

function stateOfPart(status: MessageWithAttempts['status']): z.infer<typeof OutboxItem>['parts'][number]['state'] {
  switch (status) {
    case 'sent':
    case 'withdrawn':
      return status;
    case 'undeliverable':
      return 'failed';
    case 'waiting':
    case 'in-hand':
    case 'bundled':
      return 'waiting';
  }
}

function stateOf({ status, waits_for }: MessageWithAttempts): z.infer<typeof OutboxItem>['state'] {
  switch (status) {
    case 'waiting':
      return waits_for === null ? 'waiting' : 'held';
    case 'in-hand':
    case 'bundled':
      return 'waiting';
    case 'undeliverable':
      return 'failed';
    case 'sent':
    case 'withdrawn':
      return status;
  }
}

/** A digest that has yet to go is counted now. */
async function findText({ db, config }: ApiDependencies, row: MessageWithAttempts): Promise<string> {
  if (row.template !== digestTemplate) return textOf(row, createPatientLinks(config.CAREPATH_TOKEN_SECRET, config.CAREPATH_PUBLIC_URL));
  const { parameters, recipient_type: recipientType, recipient_id: recipientId } = row;
  const counts = readDigestCounts(parameters) ?? {
    ...(await countOpenWork(db, { recipientType, recipientId })),
    news: readNews(parameters),
  };
  return renderDigest(counts, row.at.getTime(), config.CAREPATH_PUBLIC_URL, 'zh').body;
}

/** An empty text stands for a template that only newer code knows. */
function textOf(
  { template, pathway_id, pathwayKind: kind, parameters, recipient_type, surroundings, at }: MessageWithAttempts,
  links: PatientLinks,
): string {
  if (!isMessageTemplate(template)) return '';
  return renderMessage({
    template,
    kind,
    parameters: { referralId: pathway_id, ...parameters },
    audience: audienceOf(recipient_type),
    language: 'zh',
    around: { ...toSurroundings(surroundings, at.getTime()), secrets: links.secretsOf(parameters) },
  }).body;
}

const toOutboxItem = (row: MessageWithAttempts, text: string): z.infer<typeof OutboxItem> => ({
  id: row.id,
  key: row.key,
  pathwayId: row.pathway_id,
  template: row.template,
  templateVersion: row.template_version,
  parameters: row.parameters,
  text,
  to: { type: row.recipient_type, id: row.recipient_id },
  recipient: { type: row.recipient_type, id: row.recipient_id },
  channel: row.channel,
  state: stateOf(row),
  status: row.status,
  waitsFor: row.waits_for,
  waitsUntil: row.waits_for && toIso(row.next_attempt_at),
  withdrawnBecause: row.withdrawn_because,
  attempts: row.attempts,
  log: row.log,
  parts: row.parts.map(({ status, ...part }) => ({ ...part, state: stateOfPart(status) })),
  createdAt: row.created_at.toISOString(),
  sentAt: toIso(row.sent_at),
});

export const getOutbox = operation({
  id: 'getDemoOutbox',
  method: 'get',
  path: '/v1/demo/outbox',
  tag: 'demo',
  summary: '已发消息（仅演示） / Messages that went out, newest first',
  demoOnly: true,
  query: z.strictObject({ ...PageQuery, pathwayId: z.uuid().optional(), patientId: Id.optional() }),
  answers: { 200: { description: 'A page of messages', schema: pageOf(OutboxItem) } },
  async handle({ deps, query }) {
    const { pathwayId, patientId, limit } = query;
    const before = decodeCursor(query.cursor, z.tuple([z.iso.datetime(), z.uuid()]));
    const patientIds = patientId === undefined ? undefined : [patientId, ...(await listRecordsOfResident(deps.db, patientId))];
    const rows = await listMessages(deps.db, { pathwayId, patientIds, limit, before });
    const texts = new Map(await Promise.all(rows.map(async (row) => [row.id, await findText(deps, row)] as const)));
    const toItem = (row: MessageWithAttempts) => toOutboxItem(row, texts.get(row.id) ?? '');
    return { status: 200, body: toPage(rows, limit, (row) => [row.created_at.toISOString(), row.id], toItem) };
  },
});
