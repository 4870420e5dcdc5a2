/** What an episode knows of a patient whom it has handed on. */
import type { Handover } from './plan-input.ts';

export interface HandedOver {
  to: Handover['to'];
  /** In milliseconds. */
  at: number;
  /** The discharge that it belongs to: after one that was taken back the patient is handed over anew. */
  discharge: number;
  /** What the other pathway has said: nothing as long as it has not said no. */
  answer: 'asked' | 'enrolled-already' | 'refused';
  /** The enrolment that the patient had already. */
  enrolmentId: string | null;
}
