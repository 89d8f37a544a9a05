import { systemClock } from "../src/runtime/clock.ts";
import type { SpokenFinal } from "../src/simulation/stand-ins/deepgram-session.ts";
import { type DeepgramStandIn, startDeepgramStandIn } from "../src/simulation/stand-ins/deepgram-stand-in.ts";
import { startElevenLabsStandIn } from "../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import { startOpenAiStandIn } from "../src/simulation/stand-ins/openai-stand-in.ts";
import type { ChatMessage } from "../src/simulation/stand-ins/openai-wire.ts";
import type { StandIn } from "../src/simulation/stand-ins/stand-in.ts";
import type { Mouth } from "./mouth.ts";
import { newEntriesOf } from "./new-entries.ts";
import { DELAYS, ENDPOINT } from "./stand-in-delays.ts";
import { standInEnvironment } from "./stand-in-environment.ts";

/** Of the voice; a word's place in the audio follows from it. */
export const CHARACTERS_PER_SECOND = 15;

/** Stand-ins for the three vendors whose recogniser understands what each caller has really said by then. */
export class RehearsalStandIns {
  readonly #mouths: Map<number, Mouth>;
  readonly #recogniser: DeepgramStandIn;
  readonly #model: StandIn;
  readonly #voice: StandIn;
  readonly #newEntries: () => readonly StandIn["log"][number][];

  static async start(reply: (messages: readonly ChatMessage[]) => string): Promise<RehearsalStandIns> {
    const clock = systemClock;
    const mouths = new Map<number, Mouth>();
    const { firstToken, tokensPerSecond, firstByte } = DELAYS;
    return new RehearsalStandIns(
      mouths,
      await startDeepgramStandIn({
        clock,
        endpointDelay: ENDPOINT,
        finalDelay: DELAYS.final,
        transcript: (utterance, connection) =>
          mouths.get(connection)?.understood(utterance, clock.now()) ?? "",
      }),
      await startOpenAiStandIn({ clock, firstToken, tokensPerSecond, reply }),
      await startElevenLabsStandIn({ clock, firstByte, charactersPerSecond: CHARACTERS_PER_SECOND }),
    );
  }

  constructor(mouths: Map<number, Mouth>, recogniser: DeepgramStandIn, model: StandIn, voice: StandIn) {
    this.#mouths = mouths;
    this.#recogniser = recogniser;
    this.#model = model;
    this.#voice = voice;
    this.#newEntries = newEntriesOf(recogniser.log);
  }

  /** What points a gateway at them. */
  get environment(): Readonly<Record<string, string>> {
    return standInEnvironment(this.#recogniser, this.#model, this.#voice);
  }

  /** A connection to the recogniser that was opened since the last time it was asked. */
  newConnection(): number | undefined {
    return this.#newEntries().find(({ what }) => what === "open")?.connection;
  }

  listenTo(connection: number, mouth: Mouth): void {
    this.#mouths.set(connection, mouth);
  }

  finalsOf(connection: number): readonly SpokenFinal[] {
    return this.#recogniser.finals.filter((final) => final.connection === connection);
  }

  async close(): Promise<void> {
    await Promise.all([this.#recogniser.close(), this.#model.close(), this.#voice.close()]);
  }
}
