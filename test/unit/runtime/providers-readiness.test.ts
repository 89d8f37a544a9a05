import { describe, expect, it } from "vitest";
import type { ProviderPort } from "../../../src/calls/call-event.ts";
import { type PortBreakers, providersReadiness } from "../../../src/compose-breakers.ts";
import type { BreakerState } from "../../../src/runtime/circuit-breaker.ts";

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

describe("providersReadiness", () => {
  it("is ready, with nothing to say, while everybody is asked as ever or was never asked", () => {
    const ports = [
      port("llm", { openai: "closed", embedded: undefined }),
      port("tts", { embedded: "closed" }),
    ];
    expect(providersReadiness(ports)).toEqual({ ready: true, checks: {} });
  });

  it("names every provider that is not, and stays ready while another one of the port is asked", () => {
    const ports = [
      port("llm", { openai: "open", "openai:spare": undefined }),
      port("tts", { elevenlabs: "half-open" }),
    ];
    expect(providersReadiness(ports)).toEqual({
      ready: true,
      checks: {
        "llm/openai": "open: not asked until it recovers",
        "tts/elevenlabs": "half-open: asked by one call at a time, to see whether it is back",
      },
    });
  });

  it("is not ready when nobody of a port is asked, unless the embedded one is in its list", () => {
    expect(providersReadiness([port("llm", { openai: "open", "openai:spare": "open" })]).ready).toBe(false);
    expect(providersReadiness([port("llm", { openai: "open", embedded: "open" })]).ready).toBe(true);
  });
});
