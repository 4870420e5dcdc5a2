/** Builds the workflows' bundle ahead of the first start: CAREPATH_CACHE_FOLDER says where. */
import { workflowBundle } from './bundle.ts';

const { codePath } = await workflowBundle(process.env.CAREPATH_CACHE_FOLDER ?? '.carepath/cache');
console.log(`Workflow bundle: ${codePath}`);
