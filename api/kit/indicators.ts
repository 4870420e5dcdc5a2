/** What a pathway adds to the indicators by institution and month. A pathway that counts something has one of these in its folder, `indicators.ts`. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import type { IndicatorQuestion } from '../../db/kit/indicators.ts';
import type { Words } from '../../domain/kit/errors.ts';

/** Says what a figure means. It goes out with the figures, so that nobody has to guess. */
export interface IndicatorDefinition extends Words {
  indicator: string;
}

export interface PathwayIndicators {
  /** The members that the pathway adds to the month of an institution. */
  shape: Readonly<Record<string, z.ZodType>>;
  /** The same members for a month in which this pathway has counted nothing and another one has. */
  emptyFigures: Readonly<Record<string, unknown>>;
  definitions: readonly IndicatorDefinition[];
  load(db: Database, question: IndicatorQuestion): Promise<PathwayFigures>;
}

/** What a pathway answers to a question. Figures are some or all members of `shape`. */
export interface PathwayFigures {
  /** Each institution's month at most once; months without figures are left out. */
  institutions: readonly InstitutionMonth[];
  /** By month: of all institutions that are asked about. */
  months: readonly MonthFigures[];
  /** Of all of them, over the whole span. */
  span: Readonly<Record<string, unknown>>;
}

export interface MonthFigures {
  /** YYYY-MM in Asia/Shanghai. */
  month: string;
  figures: Readonly<Record<string, unknown>>;
}

export interface InstitutionMonth extends MonthFigures {
  institutionId: string;
}

export const CountSchema = z.number().int();
/** A share is null where nothing was counted. */
export const ShareSchema = z.number().min(0).max(1).nullable();
export const KeptShareSchema = z.strictObject({ kept: CountSchema, decided: CountSchema, share: ShareSchema });

export const shareOf = (some: number, whole: number): number | null => (whole === 0 ? null : some / whole);

export const withShare = ({ kept, decided }: { kept: number; decided: number }) => ({ kept, decided, share: shareOf(kept, decided) });
