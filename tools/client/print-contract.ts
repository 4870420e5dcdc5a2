/** Prints the OpenAPI document of every operation, those of the demonstration too, from the code alone: no server runs. */
import { facades, operations } from '../../api/app.ts';
import { describeContract } from '../../api/kit/openapi.ts';

process.stdout.write(JSON.stringify(describeContract([...operations, ...facades])));
