import { describe, expect, it } from "vitest";
import { BackendPool } from "../../../../src/simulation/balancer/backend-pool.ts";

function pool(states: Readonly<Record<string, "ready" | "unready" | "down">>): BackendPool {
  const pool = new BackendPool(Object.keys(states));
  for (const [origin, state] of Object.entries(states)) pool.tell(origin, state);
  return pool;
}

describe("the pool of backends", () => {
  it("takes turns among those that are ready", () => {
    const backends = pool({ a: "ready", b: "ready", c: "unready" });
    expect(backends.candidates()).toEqual(["a", "b"]);
    expect(backends.candidates()).toEqual(["b", "a"]);
    expect(backends.candidates()).toEqual(["a", "b"]);
  });

  it("gives nothing to those that drain while another is ready", () => {
    expect(pool({ a: "unready", b: "ready" }).candidates()).toEqual(["b"]);
  });

  it("gives nothing to those that drain when no other is left, either", () => {
    expect(pool({ a: "unready", b: "down" }).candidates()).toEqual(["b"]);
  });

  it("tries those that were down last", () => {
    expect(pool({ a: "down", b: "ready" }).candidates()).toEqual(["b", "a"]);
    expect(new BackendPool(["a", "b"]).candidates()).toEqual(["a", "b"]);
  });

  it("gives a socket to the one that has the fewest, whosever turn it is", () => {
    const backends = pool({ a: "ready", b: "ready", c: "down" });
    const left = backends.joined("a");
    expect(backends.candidatesForSocket()).toEqual(["b", "a", "c"]);
    expect(backends.candidatesForSocket()).toEqual(["b", "a", "c"]);
    backends.joined("b");
    backends.joined("b");
    expect(backends.candidatesForSocket()).toEqual(["a", "b", "c"]);
    left();
    expect(backends.candidatesForSocket()).toEqual(["a", "b", "c"]);
  });

  it("learns nothing of a stranger", () => {
    const backends = pool({ a: "ready" });
    backends.tell("x", "ready");
    expect(backends.stateOf("x")).toBe("down");
    expect(backends.candidates()).toEqual(["a"]);
  });
});
