export const plainTaskQueue = 'plain';
