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

/** Has Twilio recognise and say the words of a call, one turn at a time. */
export interface SpeechGather {
  /** Said first; empty: nothing. */
  readonly say: string;
  /** BCP 47, of voice and recogniser. */
  readonly language: string;
  /** What the caller is likely to answer; those that Twilio would refuse are left out. */
  readonly hints: readonly string[];
  /** Gets the answer by POST: `SpeechResult` and `Confidence`, or `Digits`, or none of them after a silence. */
  readonly actionUrl: string;
  /** Whether the caller's speech stops what is being said. Default true. */
  readonly bargeIn?: boolean;
}

/**
 * Should Twilio pass over the `<Gather>` after all, the same URL is asked without an answer.
 * https://www.twilio.com/docs/voice/twiml/gather
 */
export function gatherSpeech({ say, language, hints, actionUrl, bargeIn = true }: SpeechGather): string {
  const response = new VoiceResponse();
  const phrases = usableHints(hints);
  const gather = response.gather({
    input: ["speech", "dtmf"],
    action: actionUrl,
    method: "POST",
    language: language as "en-US",
    speechTimeout: "auto",
    actionOnEmptyResult: true,
    finishOnKey: "#",
    bargeIn,
    ...(phrases.length > 0 && { hints: phrases.join(",") }),
  });
  sayAll(gather, say, language);
  response.redirect({ method: "POST" }, actionUrl);
  return response.toString();
}

/** Keeps a caller waiting whose reply is not there yet. */
export interface ReplyWait {
  /** A filler. */
  readonly say?: string;
  /** BCP 47. */
  readonly language: string;
  /** Silence, behind the filler if there is one, in ms: Twilio counts whole seconds, so it is rounded up. 0: none. */
  readonly pause: number;
  /** Fetched by POST afterwards. */
  readonly redirectUrl: string;
}

/** Nothing of the caller is heard meanwhile. */
export function waitForReply({ say = "", language, pause, redirectUrl }: ReplyWait): string {
  const response = new VoiceResponse();
  sayAll(response, say, language);
  if (pause > 0) response.pause({ length: Math.ceil(pause / 1000) });
  response.redirect({ method: "POST" }, redirectUrl);
  return response.toString();
}

/** Asks for a key that decides something. */
export interface KeyOffer {
  readonly say: string;
  /** BCP 47. */
  readonly language: string;
  /** Gets the key by POST as `Digits`. */
  readonly actionUrl: string;
  /** Said, before hanging up, to whoever presses none. */
  readonly otherwise: string;
}

/** One key, or the end of the call. */
export function offerKey({ say, language, actionUrl, otherwise }: KeyOffer): string {
  const response = new VoiceResponse();
  const gather = response.gather({ input: ["dtmf"], numDigits: 1, action: actionUrl, method: "POST" });
  sayAll(gather, say, language);
  sayAll(response, otherwise, language);
  response.hangup();
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
  sayAll(response, text, language);
  response.hangup();
  return response.toString();
}

/** Something that can hold a `<Say>`. */
interface Speaker {
  say(attributes: { language: "en-US" }, text: string): unknown;
}

/** As many `<Say>` as the text takes; an empty text takes none. */
function sayAll(speaker: Speaker, text: string, language: string): void {
  for (const piece of sayablePieces(text, language)) speaker.say({ language: language as "en-US" }, piece);
}

/** The text cut at its sentences, and a sentence that is too long for one `<Say>` at its words. */
function sayablePieces(text: string, language: string): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const { segment } of new Intl.Segmenter(language, { granularity: "sentence" }).segment(clean(text))) {
    for (const part of isSayable(segment) ? [segment] : (segment.match(WORDS) ?? [])) {
      if (!isSayable(piece + part)) {
        pieces.push(piece.trim());
        piece = "";
      }
      piece += part;
    }
  }
  return [...pieces, piece.trim()].filter((one) => one !== "").slice(0, MOST_PIECES);
}

/** Within the limits of all of Twilio's kinds of voices, and of the length in a URL: https://www.twilio.com/docs/api/errors/13521 */
function isSayable(text: string): boolean {
  return Buffer.byteLength(text) <= 3_000 && encodeURIComponent(text).length <= 4_500;
}

/** https://www.twilio.com/docs/api/errors/13330 */
function usableHints(hints: readonly string[]): string[] {
  const phrases = hints.map((hint) => clean(hint.replaceAll(",", " ")));
  return [...new Set(phrases)].filter((hint) => hint !== "" && hint.length <= 100).slice(0, MOST_HINTS);
}

/** Without what XML 1.0 cannot hold, which the library throws at. */
function clean(text: string): string {
  return text.toWellFormed().replace(NOT_XML, " ").replace(/\s+/g, " ").trim();
}

const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
/** A word with the space behind it, cut where no language has words so long. */
const WORDS = /\S{1,300} ?/gu;
/** Keeps the document below the 64 KB that Twilio takes: half an hour of speech, and what comes after it is not said. */
const MOST_PIECES = 12;
const MOST_HINTS = 100;
