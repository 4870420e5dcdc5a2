/** A file fills the directory: the upload shows what it would do to each row, applying does it in one transaction. */
import { z } from '@hono/zod-openapi';
import {
  findOwnImport,
  fingerprintOf,
  lockImport,
  noteApplied,
  type StandingImport,
  storeImport,
} from '../../../db/administration/imports.ts';
import { postRefusalOf } from '../../../db/administration/staff.ts';
import type { UploadedRow } from '../../../db/administration/tables.ts';
import { auditWrite } from '../../../db/kit/audit.ts';
import { isIntegrityViolation } from '../../../db/kit/integrity.ts';
import type { Trx } from '../../../db/kit/transaction.ts';
import { type ImportKind, importColumns, importKinds } from '../../../domain/alliance/import-columns.ts';
import type { Role } from '../../../domain/alliance/roles.ts';
import { CSV_TYPE, XLSX_TYPE } from '../../../interop/tables/read-table.ts';
import type { RawBody } from '../../kit/body.ts';
import { BYTE_ORDER_MARK, toCsvLines } from '../../kit/csv.ts';
import { runOnce } from '../../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../../kit/operation.ts';
import { Problem } from '../../kit/problem.ts';
import { Id, Instant, pendingAnswer } from '../../kit/schemas.ts';
import type { Acting, ImportRules, Judgement } from './import-rules.ts';
import { departmentImport, institutionImport } from './places.ts';
import { readUpload } from './read-upload.ts';
import { residentImport } from './residents.ts';
import { staffImport, teamImport } from './staff.ts';

const tag = 'import';
const MOST_BYTES = 5 * 1024 * 1024;

const rulesOf: Readonly<Record<ImportKind, ImportRules>> = {
  institutions: institutionImport,
  departments: departmentImport,
  staff: staffImport,
  teams: teamImport,
  residents: residentImport,
};

const writersOf: Readonly<Record<ImportKind, readonly Role[]>> = {
  institutions: ['sysadmin'],
  departments: ['sysadmin'],
  staff: ['sysadmin', 'secadmin'],
  teams: ['sysadmin', 'head'],
  residents: ['head', 'office'],
};

/** Throws Problem 403. */
function refuseOthers({ caller }: Pick<OperationRequest, 'caller'>, kind: ImportKind): void {
  if (!caller.roles.some((held) => writersOf[kind].some((role) => role === held))) throw new Problem('role-may-not');
}

const ResultSchema = z.enum(['create', 'change', 'same', 'refused']);
const CountsSchema = z.strictObject({
  create: z.number().int(),
  change: z.number().int(),
  same: z.number().int(),
  refused: z.number().int(),
});

const PreviewSchema = z
  .strictObject({
    id: z.string(),
    expiresAt: Instant,
    counts: CountsSchema,
    items: z.array(
      z.strictObject({
        /** as spreadsheets number it: the names of the columns are in row 1 */
        row: z.number().int(),
        result: ResultSchema,
        errors: z.array(z.strictObject({ column: z.string(), message: z.string() })),
      }),
    ),
  })
  .openapi('ImportPreview');

const countResults = (judgements: readonly Judgement[]): z.output<typeof CountsSchema> => {
  const counts = { create: 0, change: 0, same: 0, refused: 0 };
  for (const { result } of judgements) counts[result] += 1;
  return counts;
};

const judge = (trx: Trx, { kind, rows }: Pick<StandingImport, 'kind' | 'rows'>, acting: Acting): Promise<Judgement[]> =>
  rulesOf[kind].judge(
    trx,
    rows.map(({ cells }) => cells),
    acting,
  );

/** What a row is compared with counts as well: the same result over other values is another change. */
const previewOf = (judgements: readonly Judgement[]) =>
  fingerprintOf(judgements.map(({ result, flaws, standing }) => [result, flaws.map(({ column }) => column), standing]));

const upload = operation({
  id: 'uploadImport',
  method: 'post',
  path: '/v1/imports',
  tag,
  summary: '上传导入文件并逐行预览 / Upload a file and see what it would do to each row',
  query: z.strictObject({ kind: z.enum(importKinds) }),
  raw: true,
  accepts: [CSV_TYPE, XLSX_TYPE],
  maxBodyBytes: MOST_BYTES,
  body: z.custom<RawBody>().openapi({ type: 'string', example: 'id,nameZh,nameEn,tier,kind\r\n…' }),
  answers: { 201: { description: 'Nothing is written yet', schema: PreviewSchema }, 202: pendingAnswer },
  async handle(request) {
    const { actor, body, caller, language, query, requestId } = request;
    const { kind } = query;
    refuseOthers(request, kind);
    const rows: UploadedRow[] = readUpload(kind, body);
    return runOnce(request, async (trx) => {
      const judgements = await judge(trx, { kind, rows }, { caller, actor, requestId });
      const { personId, institutionId } = caller;
      const { id, expiresAt } = await storeImport(
        trx,
        { kind, rows, fingerprint: previewOf(judgements), personId, institutionId },
        new Date(),
      );
      await auditWrite(trx, { actor, action: 'import.upload', targetType: 'import', targetId: id, code: kind, patientId: null, requestId });
      const items = judgements.map(({ result, flaws }, index) => ({
        row: rows[index]?.number ?? 0,
        result,
        errors: flaws.map(({ column, message }) => ({ column, message: message[language] })),
      }));
      return { status: 201, body: { id, expiresAt: expiresAt.toISOString(), counts: countResults(judgements), items } };
    });
  },
});

const AppliedSchema = z.strictObject({ id: z.string(), counts: CountsSchema }).openapi('AppliedImport');

/** Throws Problem 404 or 409. */
async function openImport(trx: Trx, id: string): Promise<StandingImport> {
  const standing = await lockImport(trx, id);
  if (!standing) throw new Problem('not-found');
  if (standing.appliedAt !== null) throw new Problem('transition-not-allowed', { members: { state: 'applied', allowed: [] } });
  if (standing.expiresAt <= new Date()) throw new Problem('import-stale');
  return standing;
}

const apply = operation({
  id: 'applyImport',
  method: 'post',
  path: '/v1/imports/{id}/apply',
  tag,
  summary: '执行导入 / Write what the preview has shown, all or nothing',
  params: z.object({ id: Id }),
  body: z.strictObject({ skipRefused: z.boolean().optional() }).openapi('ImportApplication', { example: { skipRefused: true } }),
  answers: { 200: { description: 'Written; refused rows were left out', schema: AppliedSchema }, 202: pendingAnswer },
  find: ({ deps, params, caller }) => findOwnImport(deps.db, params.id, caller),
  async handle(request) {
    const { actor, body, caller, requestId, resource } = request;
    const acting = { caller, actor, requestId };
    refuseOthers(request, resource.kind);
    return runOnce(request, async (trx) => {
      const standing = await openImport(trx, resource.id);
      const judgements = await judge(trx, standing, acting);
      if (!previewOf(judgements).equals(standing.fingerprint)) throw new Problem('import-stale');
      const counts = countResults(judgements);
      if (counts.refused > 0 && !body.skipRefused) throw new Problem('import-has-errors');
      const cells = standing.rows.map((row) => row.cells);
      await rulesOf[standing.kind].apply(trx, cells, judgements, acting);
      await noteApplied(trx, standing.id, new Date());
      await auditWrite(trx, {
        ...{ actor, action: 'import.apply', targetType: 'import', targetId: standing.id, code: standing.kind, patientId: null, requestId },
      });
      return { status: 200, body: { id: standing.id, counts } };
    }).catch((error: unknown) => {
      // Somebody has written the same meanwhile.
      throw isIntegrityViolation(error) || postRefusalOf(error) ? new Problem('import-stale') : error;
    });
  },
});

const template = operation({
  id: 'getImportTemplate',
  method: 'get',
  path: '/v1/import-templates/{kind}.csv',
  tag,
  summary: '导入模板 / A file with the columns of a kind, e.g. residents.csv',
  params: z.object({
    // The address has its ending still.
    kind: z
      .string()
      .transform((file) => file.replace(/\.csv$/, ''))
      .pipe(z.enum(importKinds))
      .openapi({ type: 'string', enum: [...importKinds] }),
  }),
  answers: {
    200: { description: 'The names of the columns', schema: z.instanceof(Uint8Array).openapi({ type: 'string' }), contentType: CSV_TYPE },
  },
  async handle({ language, params }) {
    const lines = toCsvLines([importColumns[params.kind].map(({ name, words }) => (language === 'zh' ? words.zh : name))]);
    return { status: 200, body: Buffer.from(BYTE_ORDER_MARK + lines), headers: { 'content-type': 'text/csv; charset=utf-8' } };
  },
});

export const importOperations: Operation[] = [upload, apply, template];
