/** What a follow-up is told when somebody is enrolled, whoever enrols them. */
import { defaultFollowUpConfiguration, type FollowUpConfiguration } from '../alliance/configuration.ts';
import type { Enrol } from './events.ts';
import type { PatientFacts } from './visit.ts';

/** What is known of the person, beside what only their doctor can tell. */
type EnrolmentRequest = Omit<Enrol, 'person' | 'configuration'> & {
  patient: Pick<PatientFacts, 'birthDate' | 'sex'>;
  said?: { [Fact in 'pregnant' | 'toleratesLowerTarget' | 'kidneyDisease']?: boolean | undefined };
  configuration: Partial<FollowUpConfiguration> | undefined;
  configurationVersion: number;
};

export const toEnrol = ({
  patient: { birthDate, sex },
  said = {},
  configuration,
  configurationVersion,
  ...enrol
}: EnrolmentRequest): Enrol => ({
  ...enrol,
  person: {
    birthDate,
    sex,
    pregnant: said.pregnant ?? false,
    toleratesLowerTarget: said.toleratesLowerTarget ?? false,
    diabetes: enrol.protocol.disease === 'diabetes',
    kidneyDisease: said.kidneyDisease ?? false,
  },
  configuration: { ...defaultFollowUpConfiguration, ...configuration, version: configurationVersion },
});
