/**
 * The floor of what a speech-to-text, model, text-to-speech relay costs and delays: one connection to the
 * recogniser and one to the voice for each call, every frame sent on as it comes, every word of the model to the
 * voice at once, a flush at the first comma and at the end of each sentence, audio to Twilio as it comes. No
 * history, no interruption, no pacing, no failure handled: a yardstick for `npm run bench`, nothing to answer
 * calls with.
 */
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

const {
  DEEPGRAM_BASE_URL = "",
  DEEPGRAM_API_KEY = "",
  OPENAI_BASE_URL = "",
  OPENAI_API_KEY = "",
  ELEVENLABS_BASE_URL = "",
  ELEVENLABS_API_KEY = "",
  ELEVENLABS_VOICE_ID = "",
} = process.env;

const LISTEN =
  "/v1/listen?model=nova-3&language=en-US&encoding=mulaw&sample_rate=8000&channels=1" +
  "&interim_results=true&endpointing=300&punctuate=true";
const SPEAK = `/v1/text-to-speech/${ELEVENLABS_VOICE_ID}/multi-stream-input?output_format=ulaw_8000`;

interface TwilioMessage {
  readonly event: string;
  readonly streamSid?: string;
  readonly media?: { readonly payload: string };
}

interface ResultsMessage {
  readonly type: string;
  readonly speech_final?: boolean;
  readonly channel?: { readonly alternatives: readonly { readonly transcript: string }[] };
}

interface ChatChunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
}

/** One caller. */
class Relay {
  readonly #phone: WebSocket;
  readonly #recogniser = connect(DEEPGRAM_BASE_URL, LISTEN, { authorization: `Token ${DEEPGRAM_API_KEY}` });
  readonly #voice = connect(ELEVENLABS_BASE_URL, SPEAK, { "xi-api-key": ELEVENLABS_API_KEY });
  readonly #hungUp = new AbortController();
  #streamSid = "";
  #turn = 0;

  constructor(phone: WebSocket) {
    this.#phone = phone;
  }

  start(): void {
    this.#phone.on("message", (data) => this.#fromPhone(JSON.parse(String(data)) as TwilioMessage));
    this.#recogniser.on("message", (data) =>
      this.#fromRecogniser(JSON.parse(String(data)) as ResultsMessage),
    );
    this.#voice.on("message", (data) => this.#fromVoice(JSON.parse(String(data)) as { audio?: string }));
    this.#phone.on("close", () => {
      this.#hungUp.abort();
      this.#recogniser.terminate();
      this.#voice.terminate();
    });
  }

  #fromPhone({ event, streamSid, media }: TwilioMessage): void {
    if (event === "start") this.#streamSid = streamSid ?? "";
    if (media === undefined || this.#recogniser.readyState !== WebSocket.OPEN) return;
    this.#recogniser.send(Buffer.from(media.payload, "base64"));
  }

  #fromRecogniser({ type, speech_final: isOver, channel }: ResultsMessage): void {
    const text = channel?.alternatives[0]?.transcript ?? "";
    if (type !== "Results" || isOver !== true || text === "") return;
    this.#answer(text).catch((error: unknown) => {
      if (!this.#hungUp.signal.aborted) console.error(error);
    });
  }

  async #answer(question: string): Promise<void> {
    const context = `turn-${++this.#turn}`;
    this.#speak({ text: " ", context_id: context });
    let flushed = false;
    for await (const text of ask(question, this.#hungUp.signal)) {
      this.#speak({ text: `${text} `, context_id: context });
      if (!(flushed ? /[.!?]$/ : /[,.!?]$/).test(text)) continue;
      this.#speak({ text: "", flush: true, context_id: context });
      flushed = true;
    }
    this.#speak({ context_id: context, close_context: true });
  }

  #speak(message: object): void {
    this.#voice.send(JSON.stringify(message));
  }

  #fromVoice({ audio }: { audio?: string }): void {
    if (audio === undefined) return;
    const media = { payload: audio };
    this.#phone.send(JSON.stringify({ event: "media", streamSid: this.#streamSid, media }));
  }
}

function connect(origin: string, path: string, headers: Record<string, string>): WebSocket {
  const socket = new WebSocket(origin.replace("http", "ws") + path, { headers, perMessageDeflate: false });
  socket.on("error", (error) => console.error(error));
  return socket;
}

/** The words of the model's reply, as they come. */
async function* ask(question: string, signal: AbortSignal): AsyncGenerator<string> {
  const response = await fetch(`${OPENAI_BASE_URL}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${OPENAI_API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: "gpt-4.1-mini",
      stream: true,
      messages: [
        { role: "system", content: "You are a helpful receptionist." },
        { role: "user", content: question },
      ],
    }),
    signal,
  });
  const decoder = new TextDecoder();
  let unread = "";
  for await (const bytes of response.body ?? []) {
    const lines = (unread + decoder.decode(bytes, { stream: true })).split("\n");
    unread = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      const chunk = JSON.parse(line.slice("data: ".length)) as ChatChunk;
      const text = chunk.choices[0]?.delta.content?.trim() ?? "";
      if (text !== "") yield text;
    }
  }
}

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (phone) => new Relay(phone).start());
server.on("listening", () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: "ready", url: `http://127.0.0.1:${port}` }));
});
process.once("SIGINT", () => {
  process.exit();
});
