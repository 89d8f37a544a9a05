import { describe, expect, it } from "vitest";
import { CircuitBreaker } from "../../../src/runtime/circuit-breaker.ts";
import { CircuitBreakers } from "../../../src/runtime/circuit-breakers.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";

function failing(times: number, at = 0): CircuitBreaker {
  const breaker = new CircuitBreaker();
  for (let i = 0; i < times; i++) breaker.failed(at);
  return breaker;
}

describe("a circuit breaker", () => {
  it("opens after five failures, not after four", () => {
    expect(failing(4).admits(0)).toBe(true);
    expect(failing(5).admits(0)).toBe(false);
    expect(failing(5).state(0)).toBe("open");
  });

  it("stays closed while most outcomes are successes", () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 30; i++) {
      breaker.succeeded(i);
      breaker.succeeded(i);
      breaker.failed(i);
    }
    expect(breaker.state(30)).toBe("closed");
  });

  it("forgets failures that are half a minute old", () => {
    const breaker = failing(4, 0);
    breaker.failed(30_001);
    expect(breaker.state(30_001)).toBe("closed");
  });

  it("lets one asker through after the rest, and the others only once that one has succeeded", () => {
    const breaker = failing(5);
    expect(breaker.admits(4_999)).toBe(false);
    expect(breaker.state(5_000)).toBe("half-open");
    expect(breaker.admits(5_000)).toBe(true);
    expect(breaker.admits(5_001)).toBe(false);
    breaker.succeeded(5_300);
    expect(breaker.admits(5_301)).toBe(true);
    expect(breaker.admits(5_301)).toBe(true);
  });

  it("rests twice as long after a vain attempt, a minute at most", () => {
    const breaker = failing(5);
    let at = 5_000;
    for (const rest of [10_000, 20_000, 40_000, 60_000, 60_000]) {
      expect(breaker.admits(at)).toBe(true);
      breaker.failed(at);
      expect(breaker.admits(at + rest - 1)).toBe(false);
      at += rest;
    }
  });

  it("lets another asker try when nothing is heard of the first", () => {
    const breaker = failing(5);
    expect(breaker.admits(5_000)).toBe(true);
    expect(breaker.admits(14_999)).toBe(false);
    expect(breaker.admits(15_000)).toBe(true);
  });

  it("opens once more from nothing after it has recovered", () => {
    const breaker = failing(5);
    breaker.admits(5_000);
    breaker.succeeded(5_000);
    for (let i = 0; i < 4; i++) breaker.failed(5_001);
    expect(breaker.state(5_001)).toBe("closed");
    breaker.failed(5_002);
    expect(breaker.state(5_002)).toBe("open");
  });
});

describe("the breakers of a process", () => {
  it("are told apart by name, report themselves, and tell of changes once", () => {
    const clock = new ManualClock();
    const changes: string[] = [];
    const breakers = new CircuitBreakers(clock, ({ name, state }) => changes.push(`${name} ${state}`));
    for (let i = 0; i < 7; i++) breakers.tell("stt/deepgram", "failed");
    breakers.tell("llm/openai", "succeeded");
    expect(breakers.admits("stt/deepgram")).toBe(false);
    expect(breakers.admits("llm/openai")).toBe(true);
    expect(breakers.reports).toEqual([
      { name: "stt/deepgram", state: "open" },
      { name: "llm/openai", state: "closed" },
    ]);
    clock.advanceTo(5_000);
    expect(breakers.admits("stt/deepgram")).toBe(true);
    breakers.tell("stt/deepgram", "succeeded");
    expect(changes).toEqual(["stt/deepgram open", "stt/deepgram closed"]);
  });
});
