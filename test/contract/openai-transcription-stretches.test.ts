import { afterEach, describe, expect, it } from "vitest";
import { failoverSpeechToText } from "../../src/providers/failover/speech-to-text/failover-speech-to-text.ts";
import { CircuitBreakers } from "../../src/runtime/circuit-breakers.ts";
import { until } from "../support/until.ts";
import { silence, speech } from "./deepgram-harness.ts";
import { TranscriptionCall } from "./openai-transcription-harness.ts";

/** The longest first pause between two attempts, and from a commit to its words. */
const FIRST_RETRY = 250;
const ANSWER = 300;

const transcript = (utterance: number): string => ["One.", "Two.", "Three."][utterance - 1] ?? "";

describe("OpenAI transcription of a stretch that the service cannot write down", () => {
  let call: TranscriptionCall;
  afterEach(() => call.close());

  /** The caller says something for so long, pauses, and its words are asked for. */
  function says(ms: number): void {
    call.push(silence(300), speech(ms), silence(100));
    call.stream.finalize();
  }

  /** Commits of a connection were taken, and are answered. */
  async function answered(commits: number, connection: number): Promise<void> {
    const taken = ({ what, connection: its }: (typeof call.standIn.log)[number]) =>
      what === "input_audio_buffer.committed" && its === connection;
    await until(() => call.standIn.log.filter(taken).length === commits);
    await call.pass(ANSWER);
  }

  function connections(): number {
    return new Set(call.standIn.log.map(({ connection }) => connection)).size;
  }

  /** Two stretches, at which the service fails once; then they are on the next connection. */
  async function saysTwice(): Promise<void> {
    says(400);
    says(600);
    await call.comes("ready");
    await answered(2, 1);
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.pass(FIRST_RETRY);
    await answered(2, 2);
  }

  it("tries once more on the next connection", async () => {
    call = await TranscriptionCall.open({}, { transcript }, (standIn) =>
      standIn.failTranscription("One.", 1),
    );
    await saysTwice();
    await call.comes("final Two.");
    expect(call.all("final")).toEqual(["final One.", "final Two."]);
    expect([call.unheard, connections()]).toEqual([[], 2]);
  });

  it.each([2, 20])("goes on without its words when it fails %i times, on the same socket", async (times) => {
    call = await TranscriptionCall.open({}, { transcript }, (standIn) =>
      standIn.failTranscription("One.", times),
    );
    await saysTwice();
    await call.comes("final Two.");
    says(500);
    await answered(3, 2);
    await call.comes("final Three.");
    await call.pass(10_000, 1_000);
    expect(call.all("final")).toEqual(["final ", "final Two.", "final Three."]);
    expect([call.all("failed").length, call.unheard, connections()]).toEqual([1, [500], 2]);
  });

  it("gives every stretch its second attempt", async () => {
    call = await TranscriptionCall.open({}, { transcript }, (standIn) => {
      standIn.failTranscription("One.", 2);
      standIn.failTranscription("Two.", 2);
    });
    await saysTwice();
    await call.comes("final ");
    await call.comes("failed PROVIDER_UNAVAILABLE", 2);
    await call.pass(500);
    await answered(1, 3);
    await call.comes("final One."); // the third connection's first
    expect([call.unheard, connections()]).toEqual([[500], 3]);
  });

  it("has what was not heard counted, and the breaker of all calls closed, where nobody else can take over", async () => {
    const lost: number[] = [];
    let breakers: CircuitBreakers | undefined;
    call = await TranscriptionCall.open(
      {},
      { transcript },
      (standIn) => standIn.failTranscription("One.", 20),
      (adapter, { clock }) => {
        breakers = new CircuitBreakers(clock);
        return failoverSpeechToText([adapter], {
          clock,
          breakers,
          onFailure: () => {},
          onAudioLost: (ms) => lost.push(ms),
        });
      },
    );
    await saysTwice();
    await call.comes("final Two.");
    await call.pass(10_000, 1_000);
    expect([lost, connections()]).toEqual([[500], 2]);
    expect(breakers?.reports).toEqual([{ name: "openai", state: "closed" }]);
  });
});
