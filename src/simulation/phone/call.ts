import { writeFile } from "node:fs/promises";
import type { Clock } from "../../runtime/clock.ts";
import { asGatewayError, GatewayError } from "../../runtime/errors.ts";
import { type CallArguments, callHelp, readCallArguments } from "./call-arguments.ts";
import type { CallReport } from "./call-report.ts";
import { summaryLines } from "./call-summary.ts";
import { type Speak, scriptOf } from "./caller-actions.ts";
import { ConversationPrinter } from "./conversation-printer.ts";
import { PhoneExchange } from "./phone-exchange.ts";
import { heardWav, stereoWav } from "./recording.ts";
import { SimulatedPhone } from "./simulated-phone.ts";

export interface CallCommand {
  readonly argv: readonly string[];
  readonly clock: Clock;
  /** The caller's voice, for `--say`. */
  readonly speak: Speak;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Hangs up. */
  readonly signal: AbortSignal;
}

/** `npm run call`: answers the exit code. Never throws, and ends by itself. */
export async function runCall(command: CallCommand): Promise<0 | 1> {
  try {
    const options = readCallArguments(command.argv, process.env);
    if (options.help) command.print(callHelp.trimEnd());
    else await placeCall(command, options);
    return 0;
  } catch (error) {
    command.complain(`call: ${asGatewayError(error, "INTERNAL").message}`);
    return 1;
  }
}

async function placeCall(command: CallCommand, options: CallArguments): Promise<void> {
  const script = await scriptOf(options.actions, command.speak);
  const { clock } = command;
  const print = options.json ? () => undefined : command.print;
  const conversation = new ConversationPrinter(clock, options, print);
  const wire: string[] = [];
  const origin = options.publicUrl ?? options.url;
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `${origin}/api/phone/incoming`,
    statusUrl: `${origin}/api/phone/status`,
    dialOrigin: options.url,
    ...(options.token === undefined ? {} : { authToken: options.token }),
    from: options.from,
    to: options.to,
    script,
    limit: options.limit,
    record: options.record !== undefined,
    onEvent: (event) => conversation.noticed(event),
    ...(options.sessionLog === undefined
      ? {}
      : {
          onWire: (at, dir, message) =>
            wire.push(`{"at":${Math.round(at)},"dir":"${dir}","message":${message}}\n`),
        }),
  });
  const hangUp = () => phone.hangUp();
  command.signal.addEventListener("abort", hangUp, { once: true });
  try {
    const report = await phone
      .call()
      .catch((error: unknown) => Promise.reject(explained(error, options.url)));
    await conversation.finish(report);
    if (options.sessionLog !== undefined) await writeFile(options.sessionLog, wire.join(""));
    await writeRecording(options, report);
    const { recording: _, ...measures } = report;
    if (options.json)
      command.print(JSON.stringify({ ...measures, transcript: conversation.transcript }, null, 2));
    else for (const line of ["", ...summaryLines(report)]) command.print(line);
    const failure = failureOf(report);
    if (failure !== undefined) throw failure;
  } finally {
    command.signal.removeEventListener("abort", hangUp);
    conversation.close();
  }
}

async function writeRecording({ record, stereo }: CallArguments, report: CallReport): Promise<void> {
  if (record === undefined || report.recording === undefined) return;
  await writeFile(record, stereo ? stereoWav(report.recording) : heardWav(report.recording));
}

/** The error in words that say what to do. */
function explained(error: unknown, url: string): GatewayError {
  const known = asGatewayError(error, "INTERNAL");
  return new GatewayError(known.code, advice(known, url), { cause: error });
}

function advice({ code, message }: GatewayError, url: string): string {
  if (code === "PROVIDER_UNAVAILABLE" && message.startsWith("No answer")) {
    return `No gateway answers at ${url}: start it with "npm start", or give its address with --url`;
  }
  if (!/(?:answered|status) 403/.test(message)) return message;
  return `${message}. The gateway checks signatures: give its TWILIO_AUTH_TOKEN with --token, and its PUBLIC_URL with --public-url`;
}

/** A call without a word of the agent did not go through. */
function failureOf(report: CallReport): GatewayError | undefined {
  const { by, detail } = report.ended;
  if (report.streams === 0)
    return new GatewayError("PROVIDER_REFUSED", `No media stream: by ${by}, ${detail}`);
  if (by === "failed") return new GatewayError("PROVIDER_REFUSED", `The call broke off: ${detail}`);
  return report.heard > 0 ? undefined : new GatewayError("PROVIDER_REFUSED", "The agent was never heard");
}
