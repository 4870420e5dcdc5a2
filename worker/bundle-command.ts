/** Builds the workflows' bundle ahead of the first start, into the folder that CAREPATH_CACHE_FOLDER names. */
import { loadWorkflowBundle } from './bundle.ts';

const { codePath } = await loadWorkflowBundle(process.env.CAREPATH_CACHE_FOLDER ?? '.carepath/cache');
console.log(`Workflow bundle: ${codePath}`);
