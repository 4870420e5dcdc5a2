/** Set up before each test file: what fast-check draws follows the seed too, where a test names none of its own. */
import { configureGlobal } from 'fast-check';
import { testSeed } from './seed.ts';

configureGlobal({ seed: testSeed });
