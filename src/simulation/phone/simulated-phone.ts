import { GatewayError } from "../../runtime/errors.ts";
import { type GatherVerb, readTwiml, type StreamNoun, type Verb } from "../twiml-reader.ts";
import { CallParameters } from "./call-parameters.ts";
import type { CallEnding, CallReport } from "./call-report.ts";
import { OngoingCall } from "./ongoing-call.ts";
import type { PhoneOptions } from "./phone-options.ts";
import { PhoneStream } from "./phone-stream.ts";
import { type Form, WebhookClient } from "./webhook-client.ts";

/** So many in a row, without anything between them that takes time or the caller's doing, are a loop. */
const MAX_REDIRECTS = 5;
/** A media stream of this length takes time, in ms. */
const LASTING_STREAM = 1_000;
/** Twilio's word for a document that could not be had. */
const RETRIEVAL_FAILURE = "11200";

/**
 * Twilio with a caller on the line: asks the voice webhook, follows its TwiML, and speaks Media Streams in
 * real time. `<Say>` and `<Play>` take no time here, and `<Dial>` ends the call: they are Twilio's own work.
 * However a media stream ends, and also when its socket does not open, the verbs after `<Connect>` are followed. (Twilio
 * promises that for a socket that the server closes; for a lost one it is what is seen, and not documented.)
 */
export class SimulatedPhone {
  readonly #options: PhoneOptions;
  readonly #parameters: CallParameters;
  readonly #client: WebhookClient;
  readonly #call: OngoingCall;
  readonly #over = new AbortController();
  #ending: CallEnding | undefined;
  #running: Promise<CallReport> | undefined;
  #redirects = 0;
  #current: PhoneStream | undefined;
  /** Why the last media socket did not open. */
  #refusal: GatewayError | undefined;

  constructor(options: PhoneOptions) {
    this.#options = options;
    this.#parameters = new CallParameters(options);
    const { clock, authToken, dialOrigin } = options;
    this.#client = new WebhookClient({ clock, authToken, dialOrigin });
    const hangUp = () => this.#end({ by: "caller", detail: "the caller hung up" });
    this.#call = new OngoingCall({ ...options, record: options.record ?? false, hangUp });
  }

  /**
   * Places the call; settles when it is over. Every caller gets the same promise.
   * @throws GatewayError when the webhook or the media socket refuses or does not answer, or the TwiML is wrong, unless
   * there was a media stream before: then the report says so.
   */
  call(): Promise<CallReport> {
    this.#running ??= this.#place();
    return this.#running;
  }

  /** Hangs up from outside. */
  hangUp(): void {
    this.#end({ by: "stopped", detail: "hung up from outside" });
  }

  /** Breaks the media socket, if there is one, as a failing network does. */
  dropStream(): void {
    this.#current?.drop();
  }

  async #place(): Promise<CallReport> {
    const { clock, limit, voiceUrl, twiml, direction } = this.#options;
    const expire = clock.after(limit, () => this.#end({ by: "limit", detail: `${limit} ms were over` }));
    let status = "failed";
    try {
      const callStatus = direction === "outbound-api" ? "in-progress" : "ringing";
      const document = twiml ?? (await this.#ask(voiceUrl, "POST", callStatus));
      await this.#follow(document, voiceUrl);
      if (this.#neverStreamed && this.#ending?.by !== "caller") throw this.#refusal;
      status = "completed";
    } catch (error) {
      if (this.#neverStreamed) throw this.#refusal;
      if (this.#ending === undefined && this.#call.streams === 0) throw error;
      if (this.#ending === undefined) this.#end({ by: "failed", detail: (error as Error).message });
      status = "completed";
    } finally {
      expire();
      await this.#reportStatus(status);
    }
    return this.#call.report(
      this.#parameters.callSid,
      this.#ending ?? { by: "agent", detail: "the TwiML was done" },
    );
  }

  /** Every media socket was refused, and that is what there is to tell of the call. */
  get #neverStreamed(): boolean {
    return this.#call.streams === 0 && this.#refusal !== undefined;
  }

  async #follow(document: string, url: string): Promise<void> {
    let next: Document | undefined = { twiml: document, url };
    while (next !== undefined) {
      const current: Document = next;
      next = undefined;
      for (const verb of readTwiml(current.twiml)) {
        next = await this.#perform(verb, current.url);
        if (this.#ending !== undefined) return;
        if (next !== undefined) break;
      }
    }
  }

  /** Performs one verb; answers the document that replaces the present one, if any does. */
  async #perform(verb: Verb, base: string): Promise<Document | undefined> {
    switch (verb.verb) {
      case "connect":
        await this.#stream(verb.stream, base);
        return undefined;
      case "redirect":
        if (++this.#redirects > MAX_REDIRECTS) {
          throw new GatewayError("PROVIDER_PROTOCOL", `More than ${MAX_REDIRECTS} redirects in a row`);
        }
        return this.#fetch(verb.url, base, verb.method);
      case "gather":
        for (const prompt of verb.prompts) await this.#perform(prompt, base);
        return this.#gather(verb, base);
      case "pause":
        await this.#pause(verb.length);
        return undefined;
      case "say":
        this.#call.tell({ type: "twilio-said", at: this.#call.now(), text: verb.text });
        return undefined;
      case "play":
        this.#call.tell({ type: "twilio-said", at: this.#call.now(), text: `(plays ${verb.url})` });
        return undefined;
      case "dial":
        this.#end({ by: "dialled", detail: verb.target });
        return undefined;
      case "reject":
        this.#end({ by: "rejected", detail: verb.reason });
        return undefined;
      case "hangup":
        this.#end({ by: "agent", detail: "the TwiML hung up" });
        return undefined;
    }
  }

  async #stream(stream: StreamNoun, base: string): Promise<void> {
    const url = absolute(stream.url, base).replace(/^http/, "ws");
    const address = {
      url: this.#client.dialled(url),
      headers: this.#client.signature(url),
      parameters: stream.parameters,
    };
    const begun = this.#options.clock.now();
    this.#current = new PhoneStream(this.#call, this.#parameters.newStream(), address);
    try {
      await this.#current.run(this.#over.signal);
    } catch (error) {
      if (!(error instanceof GatewayError) || this.#over.signal.aborted) throw error;
      this.#refusal = error;
    }
    if (this.#options.clock.now() - begun >= LASTING_STREAM) this.#redirects = 0;
  }

  /** The caller's next step answers at once, in words or keys; without one Twilio waits, and goes on to the next verb. */
  async #gather({ action, keysOnly }: GatherVerb, base: string): Promise<Document | undefined> {
    const step = this.#call.answerPrompt();
    const isUnheard = step === undefined || (keysOnly === true && step.type === "say");
    if (isUnheard) await this.#pause(this.#options.gatherTimeout ?? 0);
    else this.#redirects = 0;
    if (step?.type === "hang-up") {
      this.#end({ by: "caller", detail: "the caller hung up" });
      return undefined;
    }
    if (isUnheard || (step.type === "say" && step.text === undefined)) return undefined;
    const answer: Form =
      step.type === "press" ? { Digits: step.digits } : { SpeechResult: step.text ?? "", Confidence: "0.9" };
    return this.#fetch(action ?? base, base, "POST", answer);
  }

  async #fetch(url: string, base: string, method: "GET" | "POST", more: Form = {}): Promise<Document> {
    const target = absolute(url, base);
    return { twiml: await this.#ask(target, method, "in-progress", more), url: target };
  }

  async #ask(url: string, method: "GET" | "POST", callStatus: string, more: Form = {}): Promise<string> {
    const form = { ...this.#parameters.form(callStatus), ...more };
    const { fallbackUrl } = this.#options;
    try {
      return await this.#client.request(url, method, form, this.#over.signal);
    } catch (error) {
      if (fallbackUrl === undefined || this.#over.signal.aborted) throw error;
      const told = { ...form, ErrorCode: RETRIEVAL_FAILURE, ErrorUrl: url };
      return this.#client.request(fallbackUrl, "POST", told, this.#over.signal);
    }
  }

  async #reportStatus(callStatus: string): Promise<void> {
    const { statusUrl, clock } = this.#options;
    if (statusUrl === undefined) return;
    const form = this.#parameters.finalForm(callStatus, this.#call.now(), clock.wall());
    await this.#client.request(statusUrl, "POST", form).catch(() => undefined);
  }

  #pause(length: number): Promise<void> {
    if (length > 0) this.#redirects = 0;
    const { clock } = this.#options;
    const { signal } = this.#over;
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.after(length, done);
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }

  #end(ending: CallEnding): void {
    this.#ending ??= ending;
    this.#over.abort();
  }
}

interface Document {
  readonly twiml: string;
  readonly url: string;
}

/** A URL exactly as written when it is absolute, since it is signed; otherwise as seen from `base`. */
function absolute(url: string, base: string): string {
  return URL.canParse(url) ? url : new URL(url, base).href;
}
