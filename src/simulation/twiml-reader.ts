import { GatewayError } from "../runtime/errors.ts";
import { readXml, type XmlElement } from "./xml-reader.ts";

/** The verbs of TwiML that the simulated phone follows, in document order. */
export type Verb =
  | { readonly verb: "connect"; readonly stream: StreamNoun }
  | { readonly verb: "redirect"; readonly url: string; readonly method: "GET" | "POST" }
  | GatherVerb
  | { readonly verb: "dial"; readonly action: string | undefined; readonly target: string }
  | { readonly verb: "reject"; readonly reason: string }
  | { readonly verb: "pause"; readonly length: number }
  | { readonly verb: "hangup" }
  | Prompt;

export interface GatherVerb {
  readonly verb: "gather";
  readonly action: string | undefined;
  readonly prompts: readonly Prompt[];
  /** Words are not listened to. */
  readonly keysOnly?: true;
}

/** What Twilio itself says or plays. */
export type Prompt =
  | { readonly verb: "say"; readonly text: string }
  | { readonly verb: "play"; readonly url: string };

export interface StreamNoun {
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const MAX_LENGTH = 65_536;

/**
 * Reads a TwiML document; stricter than Twilio: a verb or a structure that it does not know is an error, so
 * that a test sees it.
 * @throws GatewayError `PROVIDER_PROTOCOL` with what is wrong.
 */
export function readTwiml(document: string): readonly Verb[] {
  if (document.length > MAX_LENGTH) throw malformed(`longer than ${MAX_LENGTH} characters`);
  const root = readRoot(document);
  if (root.name !== "Response") throw malformed(`the root is <${root.name}>, not <Response>`);
  return root.children.map(readVerb);
}

function readRoot(document: string): XmlElement {
  try {
    return readXml(document);
  } catch (cause) {
    throw malformed((cause as SyntaxError).message, cause);
  }
}

function readVerb(element: XmlElement): Verb {
  const { attributes, text } = element;
  switch (element.name) {
    case "Connect":
      return { verb: "connect", stream: readStream(element) };
    case "Redirect":
      return {
        verb: "redirect",
        url: text.trim(),
        method: attributes.get("method") === "GET" ? "GET" : "POST",
      };
    case "Gather":
      return {
        verb: "gather",
        action: attributes.get("action"),
        prompts: readPrompts(element),
        ...((attributes.get("input") ?? "dtmf") === "dtmf" && { keysOnly: true }),
      };
    case "Dial": {
      const target = [text, ...element.children.map((noun) => noun.text)].map((part) => part.trim());
      return { verb: "dial", action: attributes.get("action"), target: target.filter(Boolean).join(", ") };
    }
    case "Reject":
      return { verb: "reject", reason: attributes.get("reason") ?? "rejected" };
    case "Hangup":
      return { verb: "hangup" };
    default:
      return readPrompt(element) ?? readPause(element);
  }
}

function readStream(connect: XmlElement): StreamNoun {
  const [stream, ...others] = connect.children;
  if (stream?.name !== "Stream" || others.length > 0) throw malformed("<Connect> needs exactly one <Stream>");
  const url = stream.attributes.get("url");
  if (url === undefined) throw malformed("<Stream> has no url");
  const parameters = new Map<string, string>();
  for (const { name, attributes } of stream.children) {
    const key = attributes.get("name");
    const value = attributes.get("value");
    if (name !== "Parameter" || key === undefined || value === undefined) {
      throw malformed("<Stream> holds something else than <Parameter name value>");
    }
    if (key.length + value.length >= 500)
      throw malformed(`<Parameter name="${key}"> has 500 characters or more`);
    parameters.set(key, value);
  }
  return { url, parameters: Object.fromEntries(parameters) };
}

function readPrompts(gather: XmlElement): readonly Prompt[] {
  return gather.children.flatMap((child) => {
    const prompt = readPrompt(child);
    if (prompt === undefined && child.name !== "Pause") throw malformed(`<Gather> holds <${child.name}>`);
    return prompt ?? [];
  });
}

function readPrompt({ name, text }: XmlElement): Prompt | undefined {
  if (name === "Say") return { verb: "say", text: text.trim() };
  return name === "Play" ? { verb: "play", url: text.trim() } : undefined;
}

function readPause({ name, attributes }: XmlElement): Verb {
  if (name !== "Pause") throw malformed(`unknown verb <${name}>`);
  const seconds = Number(attributes.get("length") ?? "1");
  if (!Number.isFinite(seconds) || seconds < 0) throw malformed("<Pause> has a bad length");
  return { verb: "pause", length: seconds * 1000 };
}

function malformed(detail: string, cause?: unknown): GatewayError {
  return new GatewayError("PROVIDER_PROTOCOL", `The TwiML cannot be followed: ${detail}`, { cause });
}
