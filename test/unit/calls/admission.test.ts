import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Admission, type AdmissionLimits } from "../../../src/calls/admission.ts";
import { LoadShedding } from "../../../src/calls/load-shedding.ts";

const limits: AdmissionLimits = { maxCalls: 100, maxGathers: 50, maxLateness: 40 };

/** An admission that was told, second by second, how late the event loop was with so many streams. */
function told(readings: readonly (readonly [lateness: number, streams: number])[], given = limits) {
  const admission = new Admission(given);
  let now = 0;
  const tell = (lateness: number, streams: number): void => {
    now += 1_000;
    admission.measured({ at: now, lateness, streams });
  };
  for (const [lateness, streams] of readings) tell(lateness, streams);
  return {
    admission,
    tell,
    now: () => now,
    stream: (streams: number, ahead = 0) =>
      admission.refusal({ media: "stream", streams, gathers: 0, ahead }, now),
  };
}

const steady = (lateness: number, streams: number, seconds = 6) =>
  Array.from({ length: seconds }, () => [lateness, streams] as const);

describe("admission", () => {
  it("takes as many streams as there are lines, and as many calls without as there is room for", () => {
    const { stream, admission } = told([]);
    expect(stream(99)).toBeUndefined();
    expect(stream(100)).toBe("lines");
    const gather = (gathers: number) =>
      admission.refusal({ media: "gather", streams: 100, gathers, ahead: 0 }, 0);
    expect(gather(49)).toBeUndefined();
    expect(gather(50)).toBe("gathers");
  });

  it("keeps a line for each of those who go before", () => {
    const { stream } = told([]);
    expect(stream(97, 2)).toBeUndefined();
    expect(stream(97, 3)).toBe("lines");
  });

  it("refuses a call that would make the event loop too late, before it is too late", () => {
    expect(told(steady(39, 50)).stream(50)).toBeUndefined();
    expect(told(steady(39.5, 50)).stream(50)).toBe("lateness");
  });

  it("counts the calls that came since the event loop was read", () => {
    const { stream } = told(steady(30, 60));
    expect(stream(60)).toBeUndefined();
    expect(stream(79)).toBeUndefined();
    expect(stream(80)).toBe("lateness");
  });

  it("sees that each call costs more than the one before", () => {
    const rising = [10, 12, 16, 22, 30, 34].map((lateness, index) => [lateness, 50 + 5 * index] as const);
    expect(told(rising).stream(75)).toBeUndefined();
    expect(told(rising).stream(95)).toBe("lateness");
    expect(told(steady(22, 75)).stream(95)).toBeUndefined();
  });

  it("does not mind one pause of the garbage collector", () => {
    expect(told([...steady(5, 50), [300, 50]]).stream(50)).toBeUndefined();
  });

  it("refuses nobody because of an event loop that so few calls cannot have made late", () => {
    const { stream } = told(steady(500, 19));
    expect(stream(19)).toBeUndefined();
    expect(stream(20)).toBe("lateness");
    const many = told(steady(500, 99), { ...limits, maxCalls: 1_000 });
    expect(many.stream(99)).toBeUndefined();
    expect(many.stream(100)).toBe("lateness");
  });

  it("takes calls again only once it is clearly better", () => {
    const { stream, tell } = told(steady(45, 50));
    expect(stream(50)).toBe("lateness");
    for (let second = 0; second < 6; second++) tell(35, 50);
    expect(stream(50)).toBe("lateness");
    for (let second = 0; second < 6; second++) tell(25, 50);
    expect(stream(50)).toBeUndefined();
  });

  it("does not mind any lateness when there is no bound", () => {
    expect(told(steady(5_000, 50), { ...limits, maxLateness: 0 }).stream(50)).toBeUndefined();
  });

  it("forgets readings that are old", () => {
    const { admission } = told(steady(500, 50));
    expect(admission.lateness(6_000)).toBe(500);
    expect(admission.lateness(60_000)).toBe(0);
  });

  const reading = fc.tuple(fc.double({ min: 0, max: 200, noNaN: true }), fc.integer({ min: 0, max: 100 }));

  it("never takes more than there are lines, whatever was read", () => {
    fc.assert(
      fc.property(
        fc.array(reading, { maxLength: 30 }),
        fc.nat(150),
        fc.nat(150),
        (readings, streams, ahead) => {
          fc.pre(streams + ahead >= limits.maxCalls);
          expect(told(readings).stream(streams, ahead)).toBe("lines");
        },
      ),
    );
  });

  it("refuses whoever comes after somebody who is refused", () => {
    fc.assert(
      fc.property(
        fc.array(reading, { maxLength: 30 }),
        fc.nat(100),
        fc.nat(20),
        (readings, streams, ahead) => {
          const { stream } = told(readings);
          if (stream(streams, ahead) !== undefined) expect(stream(streams, ahead + 1)).toBeDefined();
        },
      ),
    );
  });

  it("does not change its mind while nothing changes", () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 20 }), reading, (readings, [lateness, streams]) => {
        const { stream, tell } = told([...readings, ...steady(lateness, streams, 25)]);
        const first = stream(streams);
        for (let second = 0; second < 20; second++) {
          tell(lateness, streams);
          expect(stream(streams)).toBe(first);
        }
      }),
    );
  });
});

describe("shedding", () => {
  const level = (readings: readonly (readonly [number, number])[], streams: number) => {
    const { admission, now } = told(readings);
    return new LoadShedding(admission).level(streams, now());
  };

  it("gives up reads first, and everything when that is not enough, before calls are refused", () => {
    expect(level(steady(20, 50), 50)).toBe("none");
    expect(level(steady(21, 50), 50)).toBe("reads");
    expect(level(steady(37, 50), 50)).toBe("all");
    expect(told(steady(37, 50)).stream(50)).toBeUndefined();
  });

  it("gives up reads when nearly all lines are in use and it gets worse", () => {
    const worse = [5, 5, 5, 5, 9, 10, 11, 12].map((lateness) => [lateness, 90] as const);
    expect(level(worse, 90)).toBe("reads");
    expect(level(worse, 89)).toBe("none");
    expect(level(steady(10, 90, 10), 90)).toBe("none");
  });

  it("gives up nothing for so few calls", () => {
    expect(level(steady(500, 19), 19)).toBe("none");
  });

  it("goes on until it is clearly better", () => {
    const { admission, tell, now } = told(steady(37, 50));
    const shedding = new LoadShedding(admission);
    const levelAfter = (lateness: number) => {
      for (let second = 0; second < 6; second++) tell(lateness, 50);
      return shedding.level(50, now());
    };
    expect([
      levelAfter(37),
      levelAfter(30),
      levelAfter(25),
      levelAfter(18),
      levelAfter(13),
      levelAfter(18),
    ]).toEqual(["all", "all", "reads", "reads", "none", "none"]);
  });
});
