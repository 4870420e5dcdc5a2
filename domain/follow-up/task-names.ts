/** The names of a follow-up's tasks. They stand alone, so that texts and tasks can both name them. */

/** What an episode calls for. */
export type EpisodeTaskName = 'see-resident' | 'specialist-consultation' | 'reading-episode';

/** The steps of the search for a person whom nobody reaches. */
export type SearchTaskName = 'find-at-home' | 'ask-community' | 'confirm-lost';

/** The visit, the pause, the search, and what an episode calls for. */
export type FollowUpTaskName = 'follow-up-visit' | 'follow-up-home-visit' | 'pause-review' | SearchTaskName | EpisodeTaskName;
