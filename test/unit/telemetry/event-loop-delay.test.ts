import { expect, it } from "vitest";
import { EventLoopDelay } from "../../../src/telemetry/event-loop-delay.ts";

it("has nothing to tell before it has measured, and may be stopped at any time", () => {
  const delay = new EventLoopDelay();
  expect(delay.read()).toEqual({ p50: 0, p99: 0, max: 0 });
  delay.start();
  delay.stop();
  expect(delay.read()).toEqual({ p50: 0, p99: 0, max: 0 });
});
