/** The last line of `npm test`, from vitest's JSON report. */
import { readFileSync } from 'node:fs';

/**
 * @param {string} report
 * @param {number} exitCode vitest's
 * @returns {string} e.g. "12 passed, 0 failed" or "11 passed, 1 failed, 2 skipped"
 */
export function closingLine(report, exitCode) {
  const { passed, failed, skipped } = counts(report);
  // A run that failed without a failing test (a file that does not load, a crash) must not read as a success.
  const failures = exitCode === 0 ? failed : Math.max(failed, 1);
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
