/** The last line of `npm test`, of the other runs of tests, and of all of them together, from reports in the form of vitest's JSON reporter. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from './paths.mjs';

/** Where each run writes what it found. */
export const reports = {
  usual: join(dataFolder, 'test-report.json'),
  long: join(dataFolder, 'test-report-long.json'),
  commands: join(dataFolder, 'test-report-commands.json'),
};

/**
 * @param {string} report
 * @param {number} exitCode of the run
 * @returns {string} e.g. "12 passed, 0 failed" or "11 passed, 1 failed, 2 skipped"
 */
export function closingLine(report, exitCode) {
  return sumLine([{ report, exitCode }]);
}

/**
 * The closing line of several runs.
 * @param {{ report: string, exitCode: number }[]} runs
 * @returns {string}
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
 * @returns {{ status: string, assertionResults: { status: string }[] }[]}
 */
function filesOf(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return []; // vitest ended before it wrote one
  }
}
