import { describe, expect, it } from "vitest";
import { FaultPlan } from "../../../src/simulation/stand-ins/fault-plan.ts";

function connection(plan: FaultPlan, lasting = true, number?: number) {
  const wire: string[] = [];
  const finish = () => wire.push("finished");
  const faults = plan.begin({ cut: () => wire.push("cut"), finish, lasting, ...(number && { number }) });
  const send = (...messages: string[]) => {
    for (const message of messages) faults.pass(message, (data) => wire.push(data));
  };
  return { wire, faults, send };
}

describe("FaultPlan", () => {
  it("lets everything pass without a fault", () => {
    const { wire, faults, send } = connection(new FaultPlan());
    faults.opened();
    send("a", "b");
    expect([faults.status, wire]).toEqual([undefined, ["a", "b"]]);
  });

  it("gives each new connection one fault, in order", () => {
    const plan = new FaultPlan();
    plan.inject({ type: "status", status: 429 }, { type: "status", status: 500 });
    expect([1, 2, 3].map(() => connection(plan).faults.status)).toEqual([429, 500, undefined]);
  });

  it("cuts after so many messages, or as soon as it is open", () => {
    const plan = new FaultPlan();
    plan.inject({ type: "drop", afterMessages: 2 }, { type: "drop", afterMessages: 0 });
    const first = connection(plan);
    first.faults.opened();
    first.send("a", "b");
    expect(first.wire).toEqual(["a", "b", "cut"]);
    const second = connection(plan);
    second.faults.opened();
    expect(second.wire).toEqual(["cut"]);
  });

  it("sends nothing more once stalled", () => {
    const plan = new FaultPlan();
    plan.inject({ type: "stall", afterMessages: 1 });
    const { wire, faults, send } = connection(plan);
    expect(faults.stalled).toBe(false);
    send("a", "b");
    expect([wire, faults.stalled]).toEqual([["a"], true]);
  });

  it("ends in order after so many messages, and sends nothing more", () => {
    const plan = new FaultPlan();
    plan.inject({ type: "truncate", afterMessages: 1 });
    const { wire, send } = connection(plan);
    send("a", "b");
    expect(wire).toEqual(["a", "finished"]);
  });

  it("strikes the connection of a number, counting from that moment, if it lives and has no fault", () => {
    const plan = new FaultPlan();
    const first = connection(plan, true, 1);
    const second = connection(plan, true, 2);
    first.send("a");
    expect(plan.strike(1, { type: "drop", afterMessages: 1 })).toBe(true);
    expect(plan.strike(1, { type: "stall", afterMessages: 0 })).toBe(false);
    first.send("b", "c");
    second.send("d");
    expect([first.wire, second.wire]).toEqual([["a", "b", "cut"], ["d"]]);
    second.faults.end();
    expect(plan.strike(2, { type: "drop", afterMessages: 0 })).toBe(false);
    expect(plan.strike(3, { type: "drop", afterMessages: 0 })).toBe(false);
  });

  it("spoils one message", () => {
    const plan = new FaultPlan();
    plan.inject({ type: "malformed", atMessage: 1 });
    const { wire, send } = connection(plan);
    send("abcd", "abcd", "abcd");
    expect(wire).toEqual(["abcd", "ab", "abcd"]);
    plan.inject({ type: "drop", afterMessages: 0 });
    expect(wire.at(-1)).toBe("cut");
  });

  it("meets the newest lasting connection, counting from now, and gives the rest to the next ones", () => {
    const plan = new FaultPlan();
    const older = connection(plan);
    const newest = connection(plan);
    newest.send("a", "b");
    plan.inject({ type: "drop", afterMessages: 1 }, { type: "status", status: 503 });
    newest.send("c", "d");
    expect(newest.wire).toEqual(["a", "b", "c", "cut"]);
    expect(older.faults.faulty).toBe(false);
    expect(connection(plan).faults.status).toBe(503);
  });

  it("leaves requests under way alone, and connections that ended", () => {
    const plan = new FaultPlan();
    const request = connection(plan, false);
    const ended = connection(plan);
    ended.faults.end();
    plan.inject({ type: "drop", afterMessages: 0 });
    expect([request.wire, ended.wire]).toEqual([[], []]);
    expect(connection(plan).faults.faulty).toBe(true);
  });
});
