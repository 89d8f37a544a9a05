import type { SpeechSession, SpeechSessionEvent } from "../../src/pipeline/speech-to-speech.ts";
import {
  OpenAiRealtime,
  type OpenAiRealtimeOptions,
} from "../../src/providers/openai-realtime/openai-realtime.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";

/** A session and all that it told. */
export class Listening {
  readonly events: SpeechSessionEvent[] = [];
  readonly session: SpeechSession;
  #wake: () => void = () => {};

  constructor(standIn: StandIn, options: Partial<OpenAiRealtimeOptions> & { interruptible?: boolean } = {}) {
    const { interruptible = true, ...rest } = options;
    const provider = new OpenAiRealtime({
      apiKey: "key",
      clock: systemClock,
      baseUrl: `${standIn.origin}/v1`,
      ...rest,
    });
    this.session = provider.open(
      { language: "en-US", prompt: "Be kind.", tools: [], interruptible },
      (event) => {
        this.events.push(event);
        this.#wake();
      },
    );
  }

  /** Waits for the n-th event of a type (from 1); the test's own limit bounds it. */
  async until<Type extends SpeechSessionEvent["type"]>(
    type: Type,
    count = 1,
  ): Promise<Extract<SpeechSessionEvent, { type: Type }>> {
    for (;;) {
      const found = this.of(type)[count - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  of<Type extends SpeechSessionEvent["type"]>(type: Type): Extract<SpeechSessionEvent, { type: Type }>[] {
    return this.events.filter(
      (event): event is Extract<SpeechSessionEvent, { type: Type }> => event.type === type,
    );
  }
}

/** What happened on the wire, by direction and type; repeats left out. */
export function wire({ log }: StandIn): string[] {
  const lines = log.map(({ direction, what }) => `${direction} ${what}`);
  return lines.filter((line, index) => line !== lines[index - 1]);
}
