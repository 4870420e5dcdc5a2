/** The last lines of `npm test`, of the other runs of tests, and of all of them together, from reports in the form of vitest's JSON reporter. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { dataFolder, shortenPath } from './paths.mjs';

/** Where each run writes what it found. */
export const reports = {
  usual: join(dataFolder, 'test-report.json'),
  long: join(dataFolder, 'test-report-long.json'),
  commands: join(dataFolder, 'test-report-commands.json'),
};

/** So much of a failure's message is said again: it tells why, the log above tells the rest. */
const mostLinesOfAMessage = 3;
const mostCharactersOfALine = 300;

/** @typedef {{ report: string, exitCode: number }} Run its report and the exit code that it ended with */
/** @typedef {{ status: string, fullName?: string, failureMessages?: string[] }} TestResult */
/** @typedef {{ name: string, status: string, message?: string, assertionResults: TestResult[] }} FileResult */

/**
 * What a log ends with: every failed test and why, then the line that counts.
 * @param {Run[]} runs
 * @returns {string[]}
 */
export function closingLines(runs) {
  return [...runs.flatMap(failureLines), sumLine(runs)];
}

/**
 * @param {Run} run
 * @returns {string[]}
 */
function failureLines({ report, exitCode }) {
  const lines = filesOf(report).flatMap((file) => {
    const where = shortenPath(file.name);
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    const named = failed.flatMap((test) => [`FAILED  ${where} > ${test.fullName?.trim()}`, ...messageLines(test.failureMessages ?? [])]);
    if (named.length > 0 || file.status !== 'failed') return named;
    return [`FAILED  ${where} (the file itself)`, ...messageLines([file.message ?? ''])];
  });
  if (lines.length > 0 || exitCode === 0) return lines;
  return [`FAILED  a run that ended with ${exitCode} and names no failed test in ${shortenPath(report)}: its log tells why`];
}

/** @param {string[]} messages */
function messageLines(messages) {
  return messages.flatMap((message) => {
    const lines = stripVTControlCharacters(message).split('\n');
    const told = lines.filter((line) => line.trim() !== '').slice(0, mostLinesOfAMessage);
    return told.map((line) => `        ${line.slice(0, mostCharactersOfALine)}`);
  });
}

/**
 * The line that counts the tests of one run or of several.
 * @param {Run[]} runs
 * @returns {string} e.g. "12 passed, 0 failed" or "11 passed, 1 failed, 2 skipped"
 */
export function sumLine(runs) {
  let passed = 0;
  let failures = 0;
  let skipped = 0;
  for (const { report, exitCode } of runs) {
    const counted = counts(report);
    passed += counted.passed;
    skipped += counted.skipped;
    // A run that failed without a failing test (a file that does not load, a crash) must not read as a success.
    failures += exitCode === 0 ? counted.failed : Math.max(counted.failed, 1);
  }
  return `${passed} passed, ${failures} failed${skipped ? `, ${skipped} skipped` : ''}`;
}

/** @param {string} report */
function counts(report) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const file of filesOf(report)) {
    const results = file.assertionResults.map((test) => test.status);
    passed += results.filter((status) => status === 'passed').length;
    failed += results.filter((status) => status === 'failed').length;
    skipped += results.filter((status) => status !== 'passed' && status !== 'failed').length;
    if (file.status === 'failed' && !results.includes('failed')) failed += 1; // the file itself did not load or clean up
  }
  return { passed, failed, skipped };
}

/**
 * @param {string} report
 * @returns {FileResult[]}
 */
function filesOf(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return []; // vitest ended before it wrote one
  }
}
