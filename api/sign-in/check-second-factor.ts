/** Whether a code is one of somebody's second factor. Each code counts once. */
import { findSecondFactor, useRecoveryCode, useStep } from '../../db/sign-in/second-factors.ts';
import { hashRecoveryCode, isTimeCode, stepOfCode } from '../../platform/one-time-codes.ts';
import { createSecretBox } from '../../platform/secret-box.ts';
import type { ApiDependencies } from '../kit/operation.ts';

type Deps = Pick<ApiDependencies, 'db' | 'config' | 'tokens'>;

/** What a sign-in without, or with, a code comes to. `missing`: the account has a factor, and no code was given. */
export type SecondFactorCheck = 'right' | 'wrong' | 'missing';

/** Of an account without an active factor any code is right: nobody is told that there is none. */
export async function checkSecondFactor(deps: Deps, personId: string, code: string | undefined): Promise<SecondFactorCheck> {
  const factor = await findSecondFactor(deps.db, personId);
  if (!factor?.isActive) return 'right';
  if (code === undefined) return 'missing';
  const at = deps.tokens.now();
  const isRight = isTimeCode(code)
    ? await useTimeCode(deps, { personId, sealedSecret: factor.sealedSecret, code })
    : await useRecoveryCode(deps.db, { personId, codeHash: hashRecoveryCode(code), at: new Date(at) });
  return isRight ? 'right' : 'wrong';
}

export async function useTimeCode(
  { db, config, tokens }: Deps,
  { personId, sealedSecret, code }: { personId: string; sealedSecret: string; code: string },
): Promise<boolean> {
  const step = stepOfCode(createSecretBox(config).open(sealedSecret, personId), code, tokens.now());
  return step !== undefined && (await useStep(db, personId, step));
}
