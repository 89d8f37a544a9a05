/** Both protocols: no more audio comes. */
export const CLOSE_STREAM = '{"type":"CloseStream"}';
