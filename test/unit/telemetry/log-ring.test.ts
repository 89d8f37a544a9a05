import { expect, it } from "vitest";
import { LogRing } from "../../../src/telemetry/log-ring.ts";

const line = (n: number, length = 0): string => `${JSON.stringify({ n, filler: "ä".repeat(length) })}\n`;

it("gives the newest lines, the newest last", () => {
  const ring = new LogRing();
  for (let n = 1; n <= 5; n++) ring.write(line(n));
  expect(ring.newest(2)).toEqual([line(4), line(5)]);
  expect(ring.newest(9)).toHaveLength(5);
  expect(ring.newest(0)).toEqual([]);
});

it("keeps 1,000 lines", () => {
  const ring = new LogRing();
  for (let n = 1; n <= 1_500; n++) ring.write(line(n));
  expect(ring.newest(2_000)).toHaveLength(1_000);
  expect(ring.newest(2_000)[0]).toBe(line(501));
});

it("keeps 1 MiB, counted in bytes", () => {
  const ring = new LogRing();
  for (let n = 1; n <= 100; n++) ring.write(line(n, 10_000));
  const kept = ring.newest(1_000);
  expect(kept.at(-1)).toBe(line(100, 10_000));
  expect(Buffer.byteLength(kept.join(""))).toBeLessThanOrEqual(1024 * 1024);
  expect(kept).toHaveLength(52);
});

it("leaves a line out that is too long for it, and goes on", () => {
  const ring = new LogRing();
  ring.write(line(1, 600_000));
  expect(ring.newest(10)).toEqual([]);
  ring.write(line(2));
  expect(ring.newest(10)).toEqual([line(2)]);
});
