import { describe, expect, it } from "vitest";
import type { ProviderPort } from "../../src/calls/call-event.ts";
import { type PortBreakers, providerChecks } from "../../src/compose-breakers.ts";
import type { BreakerState } from "../../src/runtime/circuit-breaker.ts";

function port(name: ProviderPort, states: Readonly<Record<string, BreakerState | undefined>>): PortBreakers {
  return {
    port: name,
    providers: Object.keys(states),
    reports: () =>
      Object.entries(states).flatMap(([provider, state]) =>
        state === undefined ? [] : [{ name: provider, state }],
      ),
  };
}

describe("providerChecks", () => {
  it("has nothing to say while everybody is asked as ever or was never asked", () => {
    const ports = [
      port("llm", { openai: "closed", embedded: undefined }),
      port("tts", { embedded: "closed" }),
    ];
    expect(providerChecks(ports)).toEqual({});
  });

  it("names every provider that is not", () => {
    const ports = [
      port("llm", { openai: "open", "openai:spare": undefined }),
      port("tts", { elevenlabs: "half-open", embedded: undefined }),
    ];
    expect(providerChecks(ports)).toEqual({
      "llm/openai": "open: not asked until it recovers",
      "tts/elevenlabs": "half-open: asked by one call at a time, to see whether it is back",
    });
  });

  it("tells that the last of a list is asked whatever its breaker says", () => {
    const ports = [port("stt", { deepgram: undefined, embedded: "half-open" })];
    expect(providerChecks(ports)).toEqual({
      "stt/embedded": "half-open: it failed of late, and is asked all the same as the last of its list",
    });
  });

  it("names the port when all of its providers are open", () => {
    expect(providerChecks([port("llm", { openai: "open", "openai:spare": "open" })])).toEqual({
      "llm/openai": "open: not asked until it recovers",
      "llm/openai:spare": "open: it failed of late, and is asked all the same as the last of its list",
      llm: "degraded: every provider of the list failed of late",
    });
  });
});
