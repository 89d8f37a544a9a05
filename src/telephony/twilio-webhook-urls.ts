/** Where the carrier asks what to do with a call of ours, and where it reports on it. */
export interface WebhookUrls {
  readonly voice: string;
  readonly status: string;
}

/**
 * The webhooks of one call. Our id goes along in the query: the carrier may ask before we have been told its
 * own id for the call.
 *
 * @param publicUrl the origin that the carrier sees.
 */
export function webhookUrls(publicUrl: string, sessionId: number): WebhookUrls {
  const query = `?session_id=${sessionId}`;
  return {
    voice: `${publicUrl}/api/phone/incoming${query}`,
    status: `${publicUrl}/api/phone/status${query}`,
  };
}
