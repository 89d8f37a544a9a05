import { parseArgs } from "node:util";
import { GatewayError } from "../../runtime/errors.ts";

/** One thing that the caller does, in the order of the command line. */
export type CallerAction =
  | { readonly type: "audio"; readonly file: string; readonly interruptAfter?: number }
  | { readonly type: "say"; readonly text: string; readonly interruptAfter?: number }
  | { readonly type: "press"; readonly digits: string; readonly interruptAfter?: number };

export interface CallArguments {
  readonly help: boolean;
  readonly actions: readonly CallerAction[];
  readonly url: string;
  readonly publicUrl: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly record: string | undefined;
  readonly stereo: boolean;
  readonly sessionLog: string | undefined;
  readonly token: string | undefined;
  /** `API_SECRET_KEY`, for reading the transcript. */
  readonly key: string | undefined;
  /** In ms. */
  readonly limit: number;
  readonly json: boolean;
}

export const callHelp = `Calls the gateway as Twilio would, speaks to its agent, and prints the conversation.

  npm run call -- [options]

What the caller does, in the order given; each step waits for the agent to finish:
  --audio FILE.wav         plays a recording (WAV: PCM 8 or 16 bit, μ-law or a-law, any rate)
  --say "TEXT"             says it with the embedded voice
  --dtmf DIGITS            presses keys: 0-9, * and #
  --interrupt-after MS     the next step does not wait, but begins after so much of the agent was heard
Without any of these the caller asks for the opening hours. Then the caller hangs up.

  --record FILE.wav        writes what the caller heard (8 kHz, 16-bit PCM, mono)
  --stereo                 with --record: the caller on the left, the agent as heard on the right
  --session-log FILE.jsonl writes every message of the media stream
  --url URL                the gateway (http://127.0.0.1:8000, or PORT of the environment)
  --public-url URL         the gateway's PUBLIC_URL when it differs: what is signed (environment: PUBLIC_URL)
  --from, --to NUMBER      caller's number (+14155550100) and number called (+15005550006)
  --token TOKEN            signs as Twilio does (environment: TWILIO_AUTH_TOKEN)
  --limit SECONDS          hangs up after so long, whatever happens (120)
  --json                   prints the measurements as JSON instead
  --help                   prints this

Ends with 0 when the call went through, else with 1 and one line that says why.
API_SECRET_KEY in the environment is used to read the transcript of a gateway that has one.
`;

const options = {
  audio: { type: "string", multiple: true },
  say: { type: "string", multiple: true },
  dtmf: { type: "string", multiple: true },
  "interrupt-after": { type: "string", multiple: true },
  record: { type: "string" },
  stereo: { type: "boolean" },
  "session-log": { type: "string" },
  url: { type: "string" },
  "public-url": { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  token: { type: "string" },
  limit: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws GatewayError `BAD_REQUEST` that names the option, what is wrong, and what to give. */
export function readCallArguments(argv: readonly string[], environment: Environment): CallArguments {
  const { values, tokens } = parsed(argv);
  const flags = tokens.flatMap((token) =>
    token.kind === "option" ? [{ name: token.name, value: token.value ?? "" }] : [],
  );
  return {
    help: values.help ?? false,
    actions: readActions(flags),
    url: readUrl("--url", values.url ?? `http://127.0.0.1:${set(environment.PORT) ?? "8000"}`),
    publicUrl: optionalUrl("--public-url", values["public-url"] ?? set(environment.PUBLIC_URL)),
    from: values.from ?? "+14155550100",
    to: values.to ?? "+15005550006",
    record: values.record,
    stereo: values.stereo ?? false,
    sessionLog: values["session-log"],
    token: values.token ?? set(environment.TWILIO_AUTH_TOKEN),
    key: set(environment.API_SECRET_KEY),
    limit: readNumber("--limit", values.limit ?? "120", 1, 86_400) * 1000,
    json: values.json ?? false,
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, tokens: true });
  } catch (error) {
    throw wrong(`${(error as Error).message.split(". ")[0]}. See: npm run call -- --help`, error);
  }
}

function readActions(flags: readonly { name: string; value: string }[]): readonly CallerAction[] {
  const actions: CallerAction[] = [];
  let timing: { interruptAfter?: number } = {};
  for (const { name, value } of flags) {
    if (name === "interrupt-after") {
      timing = { interruptAfter: readNumber("--interrupt-after", value, 0, 600_000) };
      continue;
    }
    const action = readAction(name, value);
    if (action === undefined) continue;
    actions.push({ ...action, ...timing });
    timing = {};
  }
  if (timing.interruptAfter !== undefined) {
    throw wrong("--interrupt-after belongs before the --audio, --say or --dtmf that interrupts");
  }
  return actions;
}

function readAction(name: string, value: string): CallerAction | undefined {
  if (name === "audio") return { type: "audio", file: value };
  if (name === "say") return { type: "say", text: value };
  if (name !== "dtmf") return undefined;
  if (!/^[0-9*#]+$/.test(value)) throw wrong(`--dtmf is ${JSON.stringify(value)}: give keys 0-9, * or #`);
  return { type: "press", digits: value };
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw wrong(`${name} is ${JSON.stringify(text)}: give a number from ${min} to ${max}`);
}

function optionalUrl(name: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : readUrl(name, text);
}

function readUrl(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.origin;
  throw wrong(`${name} is ${JSON.stringify(text)}: give an origin such as http://127.0.0.1:8000`);
}

/** An empty variable is an unset one. */
function set(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function wrong(message: string, cause?: unknown): GatewayError {
  return new GatewayError("BAD_REQUEST", message, { cause });
}
