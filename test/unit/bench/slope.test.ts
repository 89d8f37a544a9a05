import { expect, it } from "vitest";
import { readHealth } from "../../../bench/soak/process-health.ts";
import { lineThrough, riseOf } from "../../../bench/soak/slope.ts";

it("finds the line through points, noise or not, and how much of the mean it rises", () => {
  const points = [0, 1, 2, 3, 4].map((at) => ({ at: at * 1_000, value: 100 + at * 5 }));
  expect(lineThrough(points).slope).toBeCloseTo(0.005);
  expect(riseOf(points)).toBeCloseTo(20 / 110);
  const noisy = points.map(({ at }, index) => ({ at, value: 100 + (index % 2 === 0 ? 7 : -7) }));
  expect(riseOf(noisy)).toBeCloseTo(0);
  expect(() => lineThrough([{ at: 1, value: 1 }])).toThrow(RangeError);
});

it("reads what a gateway tells of its process", () => {
  const health = readHealth(`earshot_calls_active 3
process_resident_memory_bytes 1000
nodejs_heap_size_used_bytes 500
nodejs_active_resources_total 12
nodejs_active_resources{type="TCPSocketWrap"} 7
nodejs_active_resources{type="Timeout"} 4
earshot_event_loop_delay_seconds{quantile="p99"} 0.004
earshot_event_loop_delay_seconds{quantile="max"} 0.02
`);
  expect(health).toEqual({
    calls: 3,
    memory: 1000,
    heap: 500,
    resources: 12,
    sockets: 7,
    delay: { p99: 4, max: 20 },
  });
});
