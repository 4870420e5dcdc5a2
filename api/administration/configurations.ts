/** What the alliance has agreed on changes by a draft, a look at what it changes, and a second person who publishes it. */
import { z } from '@hono/zod-openapi';
import {
  type ConfigurationDraft,
  countOpenPathways,
  findDraft,
  listConfigurationVersions,
  lockDraft,
  noteDraftPublished,
  storeDraft,
} from '../../db/administration/configuration-drafts.ts';
import {
  examineConfiguration,
  findNewestConfiguration,
  findRecordedConfiguration,
  recordAllianceConfiguration,
} from '../../db/directory/alliance-configuration.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import type { Database } from '../../db/kit/database.ts';
import { listChanges } from '../../domain/alliance/compare-configurations.ts';
import { decodeCursor, encodeCursor } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Instant, PageQuery, pageOf, pendingAnswer, Text, toIso } from '../kit/schemas.ts';

const tag = 'configuration';

const Settings = z.record(z.string(), z.unknown());

const VersionSchema = z
  .strictObject({
    version: z.number().int(),
    status: z.enum(['draft', 'published']),
    /** null of the first one, which came with the alliance */
    basedOn: z.number().int().nullable(),
    note: z.string().nullable(),
    writtenBy: z.string().nullable(),
    publishedAt: Instant.nullable(),
  })
  .openapi('ConfigurationVersion');

const ConfigurationSchema = z.strictObject({ ...VersionSchema.shape, configuration: Settings }).openapi('Configuration');

type Version = Omit<ConfigurationDraft, 'configuration' | 'basedOn' | 'note' | 'writtenBy'> & {
  basedOn: number | null;
  note: string | null;
  writtenBy: string | null;
};

const toVersion = ({ version, basedOn, note, writtenBy, publishedAt }: Version): z.output<typeof VersionSchema> => ({
  version,
  status: publishedAt === null ? 'draft' : 'published',
  basedOn,
  note,
  writtenBy,
  publishedAt: toIso(publishedAt),
});

const list = operation({
  id: 'listConfigurations',
  method: 'get',
  path: '/v1/configurations',
  tag,
  summary: '配置版本，新的在前 / Versions of the configuration and drafts, newest first',
  query: z.strictObject(PageQuery),
  answers: { 200: { description: 'A page of versions; the newest published one is in force', schema: pageOf(VersionSchema) } },
  async handle({ deps, query }) {
    const before = decodeCursor(query.cursor, z.number().int());
    const { items, next } = await listConfigurationVersions(deps.db, { limit: query.limit, before });
    return { status: 200, body: { items: items.map(toVersion), nextCursor: next === null ? null : encodeCursor(next) } };
  },
});

const Version = z.object({ version: z.string().regex(/^\d{1,9}$/) });

interface Found extends Version {
  configuration: unknown;
}

/** A draft, or what is in force or was. */
async function find(db: Database, version: number): Promise<Found | undefined> {
  const draft = await findDraft(db, version);
  if (draft) return draft;
  const recorded = await findRecordedConfiguration(db, version);
  return recorded && { ...recorded, basedOn: null, note: null, writtenBy: null, publishedAt: recorded.recordedAt };
}

const findByAddress = ({ deps, params }: OperationRequest<z.output<typeof Version>, unknown, unknown, undefined>) =>
  find(deps.db, Number(params.version));

const toResource = (found: Found): z.output<typeof ConfigurationSchema> => ({
  ...toVersion(found),
  configuration: Settings.parse(found.configuration),
});

const read = operation({
  id: 'getConfiguration',
  method: 'get',
  path: '/v1/configurations/{version}',
  tag,
  summary: '查看一个配置版本 / Read a version of the configuration',
  params: Version,
  answers: { 200: { description: 'All its settings', schema: ConfigurationSchema } },
  find: findByAddress,
  handle: async ({ resource }) => ({ status: 200, body: toResource(resource) }),
});

/** Throws Problem 412 when another version has come into force since. */
async function refuseOutdated(db: Database, basedOn: number): Promise<void> {
  const newest = await findNewestConfiguration(db);
  if (newest.version !== basedOn) throw new Problem('version-changed');
}

const create = operation({
  id: 'createConfiguration',
  method: 'post',
  path: '/v1/configurations',
  tag,
  summary: '起草新的配置版本 / Draft a version of the configuration',
  body: z.strictObject({ configuration: Settings, basedOn: z.number().int().min(0), note: Text(2_000) }).openapi('NewConfiguration', {
    example: { configuration: { referral: { reopenWithinSeconds: 864000 } }, basedOn: 1, note: '重开期延长' },
  }),
  answers: {
    201: { description: 'The draft; settings that it leaves out have their default', schema: ConfigurationSchema },
    202: pendingAnswer,
  },
  async handle(request) {
    const { actor, body, caller, requestId } = request;
    return runOnce(request, async (trx) => {
      await refuseOutdated(trx, body.basedOn);
      const version = await storeDraft(trx, { ...body, writtenBy: caller.personId });
      await auditWrite(trx, { actor, action: 'alliance-configuration.draft', ...targetOf(version), patientId: null, requestId });
      return { status: 201, body: toResource({ ...body, version, writtenBy: caller.personId, publishedAt: null }) };
    });
  },
});

const targetOf = (version: number) => ({ targetType: 'alliance-configuration', targetId: String(version) });

const PreviewSchema = z
  .strictObject({
    changes: z.array(z.strictObject({ path: z.string(), before: z.unknown(), after: z.unknown() })),
    flaws: z.array(z.strictObject({ path: z.string(), message: z.string() })),
    /** how many of each kind are open and keep what they began with */
    openPathways: z.record(z.string(), z.number().int()),
  })
  .openapi('ConfigurationPreview');

const preview = operation({
  id: 'previewConfiguration',
  method: 'post',
  path: '/v1/configurations/{version}/preview',
  tag,
  summary: '预览配置的变化 / What a version would change, and what is wrong with it',
  params: Version,
  body: z.strictObject({}).openapi('ConfigurationLook'),
  answers: { 200: { description: 'Against the version in force', schema: PreviewSchema }, 202: pendingAnswer },
  find: findByAddress,
  async handle(request) {
    const { language, resource } = request;
    return runOnce(request, async (trx) => {
      const [newest, { complete, flaws }, openPathways] = [
        await findNewestConfiguration(trx),
        await examineConfiguration(trx, resource.configuration),
        await countOpenPathways(trx),
      ];
      return {
        status: 200,
        body: {
          changes: listChanges(newest.configuration, complete ?? resource.configuration),
          flaws: flaws.map(({ path, message }) => ({ path, message: message[language] })),
          openPathways,
        },
      };
    });
  },
});

const publish = operation({
  id: 'publishConfiguration',
  method: 'post',
  path: '/v1/configurations/{version}/publish',
  tag,
  summary: '由第二人发布配置 / A second person puts a draft into force',
  params: Version,
  body: z.strictObject({}).openapi('ConfigurationPublication'),
  answers: {
    200: { description: 'In force for pathways that begin from now on; its messages and interfaces at once', schema: ConfigurationSchema },
    202: pendingAnswer,
  },
  find: findByAddress,
  async handle(request) {
    const { actor, caller, requestId, resource } = request;
    return runOnce(request, async (trx) => {
      const draft = resource.publishedAt === null ? await lockDraft(trx, resource.version) : undefined;
      if (!draft || draft.publishedAt !== null)
        throw new Problem('transition-not-allowed', { members: { state: 'published', allowed: [] } });
      if (draft.writtenBy === caller.personId) throw new Problem('second-person-required');
      const { version, basedOn, configuration } = draft;
      const recorded = await recordAllianceConfiguration(trx, { configuration, version, basedOn, actor, requestId });
      if (recorded.result === 'version-changed') throw new Problem('version-changed');
      if (recorded.result === 'flawed') throw new Problem('transition-not-allowed', { members: { state: 'flawed', allowed: [] } });
      const now = new Date();
      await noteDraftPublished(trx, version, caller.personId, now);
      return { status: 200, body: toResource({ ...draft, publishedAt: now }) };
    });
  },
});

export const configurationOperations: Operation[] = [list, read, create, preview, publish];
