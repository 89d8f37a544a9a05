import VoiceResponse from "twilio/lib/twiml/VoiceResponse.js";

/** What sends a call's audio to a media socket. */
export interface ConnectStream {
  /** `ws(s)`, without a query string: Twilio refuses one (error 31920). */
  readonly streamUrl: string;
  /** Come back in the `start` message; name and value together must stay under 500 characters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Fetched by POST once the media socket is closed; without it the call would end there. */
  readonly redirectUrl: string;
}

/** https://www.twilio.com/docs/voice/twiml/stream */
export function connectStream({ streamUrl, parameters, redirectUrl }: ConnectStream): string {
  const response = new VoiceResponse();
  const stream = response.connect().stream({ url: streamUrl });
  for (const [name, value] of Object.entries(parameters)) stream.parameter({ name, value });
  response.redirect({ method: "POST" }, redirectUrl);
  return response.toString();
}

/** Ends a call that was answered. */
export function hangUp(): string {
  const response = new VoiceResponse();
  response.hangup();
  return response.toString();
}

/** Refuses a call that was never answered; the caller hears the busy tone and nobody pays. */
export function rejectAsBusy(): string {
  const response = new VoiceResponse();
  response.reject({ reason: "busy" });
  return response.toString();
}

/**
 * Says a sentence in Twilio's own voice, then ends the call.
 *
 * @param language BCP 47, such as `en-US`.
 */
export function sayAndHangUp(text: string, language: string): string {
  const response = new VoiceResponse();
  response.say({ language: language as "en-US" }, text);
  response.hangup();
  return response.toString();
}
