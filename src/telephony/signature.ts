import webhooks from "twilio/lib/webhooks/webhooks.js";

/** A header's value as Node gives it. */
type Header = string | readonly string[] | undefined;

/** Form parameters as they came in: a repeated one is a list. */
export type FormParameters = Readonly<Record<string, string | readonly string[]>>;

/**
 * Whether a form webhook comes from Twilio: `X-Twilio-Signature` over the URL and every parameter
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-security). False without a header; never throws.
 *
 * Only the signature's module of the `twilio` package is imported: the whole package costs 0.4 s at start.
 *
 * @param header the `x-twilio-signature` header.
 * @param url what Twilio was told to call: the configured public origin, the path and the raw query string.
 *   Never built from the request's own headers, which anybody can set.
 */
export function webhookSignatureIsValid(
  authToken: string,
  header: Header,
  url: string,
  parameters: FormParameters,
): boolean {
  if (typeof header !== "string" || header === "" || !URL.canParse(url)) return false;
  return webhooks.validateRequest(authToken, header, url, parameters);
}

/**
 * Whether the upgrade of a media socket comes from Twilio. Twilio signs the URL of `<Stream url>` without
 * parameters. The URL with a slash at its end is accepted as well, as Twilio advises for sockets, and so is
 * an explicit `:443`, which the library adds for `https:` but not for `wss:`. False without a header; never
 * throws.
 *
 * @param streamUrl the URL from the TwiML, with `ws:` or `wss:`.
 */
export function upgradeSignatureIsValid(authToken: string, header: Header, streamUrl: string): boolean {
  if (typeof header !== "string" || header === "" || !URL.canParse(streamUrl)) return false;
  return [streamUrl, withDefaultTlsPort(streamUrl)]
    .flatMap((url) => [url, `${url}/`])
    .some((url) => webhooks.validateRequest(authToken, header, url, {}));
}

function withDefaultTlsPort(url: string): string {
  return url.replace(/^(wss:\/\/(?:\[[^\]]*\]|[^/:]*))(?=\/|$)/i, "$1:443");
}
