/** What tests of discharge begin with: the documents that are shipped and the working days that are published. */
import { loadShippedDischargeDocuments } from '../../../db/discharge/shipped-rules.ts';
import { loadShippedDocuments } from '../../../db/follow-up/shipped-protocols.ts';
import { findTemplate } from '../../../domain/discharge/templates.ts';
import type { Calendar } from '../../../domain/time/calendar.ts';

export const discharge = loadShippedDischargeDocuments();
export const publishedCalendar: Calendar = { years: loadShippedDocuments().calendars };
export const templateOf = (code: string) => findTemplate(discharge.templates, code);
