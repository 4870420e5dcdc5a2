/** The rules, templates and scores of discharge that come with the program, in `protocols/`: checked as they are loaded, published as the tables are brought up to date. */
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import type { z } from 'zod';
import { type DischargeDocument, type DischargeDocuments, findDocumentFlaws } from '../../domain/discharge/documents.ts';
import type { Database } from '../kit/database.ts';
import { inTransaction } from '../kit/transaction.ts';
import { DischargeRulesSchema, DischargeTemplatesSchema, RiskScoresSchema } from './rule-documents.ts';

const folder = new URL('../../protocols/', import.meta.url);

/** Throws with the file's name and the place in it. */
function read<T extends DischargeDocument>(file: string, schema: z.ZodType<T>): T {
  const { data: document, error } = schema.safeParse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
  if (error) throw new Error(`protocols/${file}: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`);
  const [flaw] = findDocumentFlaws(document);
  if (flaw) throw new Error(`protocols/${file}: ${flaw.path}: ${flaw.message.en}`);
  return document;
}

/** The newest versions of the three. */
export function loadShippedDischargeDocuments(): DischargeDocuments {
  return {
    rules: read('discharge-rules-1.json', DischargeRulesSchema),
    templates: read('discharge-templates-1.json', DischargeTemplatesSchema),
    scores: read('risk-scores-1.json', RiskScoresSchema),
  };
}

/** A version that is there already stays; one that differs from its file is an error: what is published never changes, so a change needs a new version. */
export async function publishShippedDischargeDocuments(db: Database): Promise<void> {
  const shipped = loadShippedDischargeDocuments();
  await inTransaction(db, { system: true, part: 'migrations' }, async (trx) => {
    for (const document of Object.values<DischargeDocument>({ ...shipped })) {
      const { id, version } = document;
      const json = JSON.stringify(document);
      await trx
        .insertInto('discharge_document')
        .values({ id, version, status: 'published', document: json, published_at: sql<Date>`now()` })
        .onConflict((conflict) => conflict.columns(['id', 'version']).doNothing())
        .execute();
      const stored = trx.selectFrom('discharge_document').where('id', '=', id).where('version', '=', version);
      const { same } = await stored.select(sql<boolean>`document = ${json}::jsonb`.as('same')).executeTakeFirstOrThrow();
      if (!same) throw new Error(`protocols/${id}-${version}.json differs from version ${version} in the database: give it a new version.`);
    }
  });
}
