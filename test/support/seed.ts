/**
 * What a test draws its cases by: the seed that somebody repeats, else that of the commit which is checked (so that its check says the same whenever it is
 * run, and the next commit's draws others), else a new one.
 */
export const testSeed = Number(process.env.CAREPATH_TEST_SEED ?? process.env.CAREPATH_COMMIT_SEED ?? Date.now() % 1_000_000);
