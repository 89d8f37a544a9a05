import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { StatementCache } from "../../../src/store/embedded/statement-cache.ts";

describe("the statement cache", () => {
  const cache = () => new StatementCache(new DatabaseSync(":memory:"), 2);

  it("prepares a statement once", () => {
    const statements = cache();
    const one = statements.of("select 1 as one, 2 as two");
    expect(statements.of("select 1 as one, 2 as two")).toBe(one);
    expect(one.columns).toEqual(["one", "two"]);
    expect(one.statement.all()).toEqual([[1, 2]]);
  });

  it("drops the one that was used longest ago", () => {
    const statements = cache();
    const [one, two] = [statements.of("select 1"), statements.of("select 2")];
    expect(statements.of("select 1")).toBe(one);
    statements.of("select 3");
    expect(statements.size).toBe(2);
    expect(statements.of("select 1")).toBe(one);
    expect(statements.of("select 2")).not.toBe(two);
  });

  it("keeps nothing of a statement that is wrong", () => {
    const statements = cache();
    expect(() => statements.of("selec 1")).toThrow("syntax error");
    expect(statements.size).toBe(0);
  });
});
