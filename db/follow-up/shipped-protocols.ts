/** The protocols, calendars and the risk model that come with the program, in `protocols/`: published as the tables are brought up to date. */
import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import type { z } from 'zod';
import { findRiskModelFlaws } from '../../domain/follow-up/risk-tier.ts';
import { findProtocolFlaws } from '../../domain/follow-up/validate-protocol.ts';
import type { Flaw } from '../../domain/kit/flaw.ts';
import { findCalendarFlaws } from '../../domain/time/validate-calendar.ts';
import type { Database } from '../kit/database.ts';
import { inTransaction } from '../kit/transaction.ts';
import { CalendarYearSchema, ProtocolSchema, RiskModelSchema } from './protocol-documents.ts';

const folder = new URL('../../protocols/', import.meta.url);

/** Throws with the file's name and the place in it. */
function read<T>(file: string, schema: z.ZodType<T>, flawsOf: (document: T) => Flaw[]): T {
  const { data: document, error } = schema.safeParse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
  if (error) throw new Error(`protocols/${file}: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`);
  const [flaw] = flawsOf(document);
  if (flaw) throw new Error(`protocols/${file}: ${flaw.path}: ${flaw.message.en}`);
  return document;
}

export function loadShippedDocuments() {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const calendars = files.filter((file) => file.startsWith('calendar-'));
  // Other modules read these files, because they are no protocols of follow-up.
  const others = [
    'risk-tier.json',
    'readings-1.json',
    'readings-2.json',
    'education-1.json',
    'lessons-1.json',
    'discharge-rules-1.json',
    'discharge-templates-1.json',
    'risk-scores-1.json',
  ];
  const protocols = files.filter((file) => !calendars.includes(file) && !others.includes(file));
  return {
    protocols: protocols.map((file) => read(file, ProtocolSchema, findProtocolFlaws)),
    calendars: calendars.map((file) => read(file, CalendarYearSchema, findCalendarFlaws)),
    riskModel: read('risk-tier.json', RiskModelSchema, findRiskModelFlaws),
  };
}

/** A version that is there already stays; one that differs from its file is an error: what is published never changes, so a change needs a new version. */
export async function publishShipped(db: Database): Promise<void> {
  const { protocols, calendars, riskModel } = loadShippedDocuments();
  await inTransaction(db, { system: true, part: 'migrations' }, async (trx) => {
    for (const document of protocols) {
      const json = JSON.stringify(document);
      await trx
        .insertInto('protocol')
        .values({ id: document.id, version: document.version, status: 'published', document: json, published_at: sql<Date>`now()` })
        .onConflict((conflict) => conflict.columns(['id', 'version']).doNothing())
        .execute();
      const stored = trx.selectFrom('protocol').where('id', '=', document.id).where('version', '=', document.version);
      const { same } = await stored.select(sql<boolean>`document = ${json}::jsonb`.as('same')).executeTakeFirstOrThrow();
      if (!same)
        throw new Error(`protocols/${document.id}.json differs from version ${document.version} in the database: give it a new version.`);
    }
    for (const document of calendars)
      await trx
        .insertInto('calendar_year')
        .values({ year: document.year, version: document.version, document: JSON.stringify(document) })
        .onConflict((conflict) => conflict.columns(['year', 'version']).doNothing())
        .execute();
    await trx
      .insertInto('risk_model')
      .values({ version: riskModel.version, document: JSON.stringify(riskModel) })
      .onConflict((conflict) => conflict.column('version').doNothing())
      .execute();
  });
}
