/** The messages of a follow-up and their recipients. Messages carry codes and instants only. */
import type { MessageIntent, QueuedMessage } from '../kit/pathway.ts';
import type { RungTemplate } from '../messages/wording.ts';
import type { FollowUpState } from './state.ts';
import type { FollowUpTemplate } from './texts.ts';

export type FollowUpMessage = MessageIntent<FollowUpTemplate | RungTemplate>;
export type QueuedFollowUpMessage = QueuedMessage<FollowUpTemplate | RungTemplate>;

/** Builds a message to roles at the centre: the nurse, the doctor, the head. `step` is unique among the messages of the pathway. */
export const messageToRoles = (
  { centreId }: Pick<FollowUpState, 'centreId'>,
  step: string,
  template: FollowUpTemplate,
  roles: readonly string[],
  parameters: MessageIntent['parameters'] = {},
): FollowUpMessage => ({
  step,
  template,
  recipients: roles.map((role) => ({ to: 'role', role, institutionId: centreId, departmentId: null })),
  parameters,
});

export const messageToPatient = (
  { patientId }: Pick<FollowUpState, 'patientId'>,
  step: string,
  template: FollowUpTemplate,
  parameters: MessageIntent['parameters'] = {},
): FollowUpMessage => ({ step, template, recipients: [{ to: 'patient', patientId }], parameters });
