/** The names of a follow-up's tasks. They stand alone, so that texts and tasks can both name them. */

/** What an episode calls for. */
export type EpisodeTaskName = 'see-resident' | 'specialist-consultation' | 'reading-episode';

/** The visit, the pause, and what an episode calls for. */
export type FollowUpTaskName = 'follow-up-visit' | 'follow-up-home-visit' | 'pause-review' | EpisodeTaskName;
